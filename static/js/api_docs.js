// Swagger UI's dark theme is a class on the root element; ours is an attribute.
const root = document.documentElement;
const follow = () => root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");

follow();
document.addEventListener("themechange", follow);

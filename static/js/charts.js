// Draws <figure class="chart"> with plotly once it comes into view; pages without charts load nothing.
// The figure's JSON stands in the page (data-figure="id of a JSON script") or is fetched
// (data-figure-url). Colours are named there by token, "--g-chart-1", and found here.

const PLOTLY = document.querySelector("script[data-plotly]").dataset.plotly;
let loading;

function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = PLOTLY;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly did not load"));
    document.head.append(script);
  });
  return loading;
}

// Plotly cannot read light-dark() or var(): the browser computes each token on an element of ours.
const probe = document.createElement("i");
probe.hidden = true;
// The system's own colours would make every bar black.
probe.style.setProperty("forced-color-adjust", "none");
document.body.append(probe);

function color(token) {
  probe.className = "";
  probe.style.setProperty("color", `var(${token})`);
  return getComputedStyle(probe).color;
}

function resolved(value) {
  if (typeof value === "string") return value.startsWith("--g-") ? color(value) : value;
  if (Array.isArray(value)) return value.map(resolved);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item)]));
  }
  return value;
}

function themed(layout) {
  const axis = (own = {}) => ({
    showgrid: own.type !== "category",
    gridcolor: color("--g-chart-grid"),
    linecolor: color("--g-line"),
    zerolinecolor: color("--g-line"),
    automargin: true,
    ...own,
  });
  const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { t: 12, r: 12, b: 32, l: 48 },
    barcornerradius: 3,
    ...layout,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal", ...layout.legend },
    font: {
      family: getComputedStyle(document.body).fontFamily,
      size: 12,
      color: color("--g-muted"),
      ...layout.font,
    },
    hoverlabel: {
      bgcolor: color("--g-surface"),
      bordercolor: color("--g-line-strong"),
      font: { color: color("--g-ink") },
      ...layout.hoverlabel,
    },
    ...Object.fromEntries([...new Set([...axes, "xaxis", "yaxis"])].map((key) => [key, axis(layout[key])])),
  };
}

async function figureOf(chart) {
  if (chart.dataset.figureUrl) {
    const response = await fetch(chart.dataset.figureUrl, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`the figure answered ${response.status}`);
    return response.json();
  }
  return JSON.parse(document.getElementById(chart.dataset.figure).textContent);
}

async function draw(chart) {
  const plot = chart.querySelector(".chart-plot");
  try {
    const [Plotly, figure] = await Promise.all([loadPlotly(), chart.figure ?? figureOf(chart)]);
    chart.figure = figure;
    plot.classList.toggle("has-own-height", Boolean(figure.layout?.height));
    await Plotly.react(plot, resolved(figure.data), resolved(themed(figure.layout ?? {})), {
      displayModeBar: false,
      responsive: true,
    });
    if (!chart.dataset.drawn) follow(plot);
    chart.dataset.drawn = document.documentElement.dataset.bsTheme;
  } catch (error) {
    chart.dataset.failed = "";
    plot.textContent = "The chart could not be drawn; the table below has its numbers.";
    console.error(error);
  }
}

// A mark whose customdata is an address of ours leads there; meta of its trace is added.
function follow(plot) {
  const hrefOf = ({ points: [point] }) => {
    const href = point?.customdata;
    return typeof href === "string" && /^\/(?!\/)/.test(href) ? href + (point.data.meta ?? "") : null;
  };
  plot.on("plotly_click", (event) => {
    const href = hrefOf(event);
    if (href) location.assign(href);
  });
  plot.on("plotly_hover", (event) => plot.classList.toggle("is-over-link", hrefOf(event) !== null));
  plot.on("plotly_unhover", () => plot.classList.remove("is-over-link"));
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    draw(target);
  }
}, { rootMargin: "200px" });

function watch() {
  for (const chart of document.querySelectorAll(".chart:not([data-watched])")) {
    chart.dataset.watched = "";
    seen.observe(chart);
  }
}

watch();
document.addEventListener("htmx:after:swap", watch);
document.addEventListener("themechange", () => {
  for (const chart of document.querySelectorAll(".chart[data-drawn]")) draw(chart);
});

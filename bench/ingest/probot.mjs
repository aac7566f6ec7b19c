// The comparison: Probot with node-postgres. Verifies, stores the body under its delivery id in a
// committed row, answers. Settings: PORT, DATABASE_URL, WEBHOOK_SECRET.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import pg from "pg";
import { createNodeMiddleware, createProbot } from "probot";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
await pool.query(
  "CREATE TABLE IF NOT EXISTS probot_delivery (guid uuid PRIMARY KEY, event text NOT NULL," +
    " action text, repository text, received_at timestamptz NOT NULL, body text NOT NULL)",
);
const insert = {
  name: "insert",
  text:
    "INSERT INTO probot_delivery VALUES ($1, $2, $3, $4, now(), $5) ON CONFLICT (guid) DO NOTHING",
};

const app = (robot) => {
  robot.on("workflow_run", async ({ id, name, payload }) => {
    await pool.query({
      ...insert,
      values: [id, name, payload.action, payload.repository.full_name, JSON.stringify(payload)],
    });
  });
};

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const probot = createProbot({
  overrides: {
    appId: 4241,
    privateKey: privateKey.export({ type: "pkcs1", format: "pem" }),
    secret: process.env.WEBHOOK_SECRET,
    logLevel: "fatal",
  },
});
const middleware = await createNodeMiddleware(app, {
  probot,
  webhooksPath: "/webhooks/github/",
});
createServer((request, response) =>
  middleware(request, response, () => response.writeHead(404).end()),
).listen(Number(process.env.PORT), "127.0.0.1");

// Node's own test runner against wardenloop. Needs: wardenloop, Node 20 or newer. Run: node --test licence.test.mjs
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, beforeEach, test } from "node:test";

let server, told;

before(async () => {
  server = spawn("wardenloop", ["serve"], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface(server.stdout), "line"); // when everything answers
  told = JSON.parse(line);
});
beforeEach(() => fetch(`${told.control}/reset`, { method: "POST" })); // a clean world
after(() => server.stdin.end()); // it ends with its standard input

const owner = () => told.accounts.find((each) => each.app === "cloud_us");
const asOwner = () => ({ headers: { Authorization: `Bearer ${owner().access_token}` } });

test("the licence is for the installation that asked", async () => {
  const [organization, installation] = [told.organizations[0].id, told.installations[0].id];
  const url = `${told.cloud_us}/api/organizations/${organization}/license?installationId=${installation}`;
  const licence = await (await fetch(url, asOwner())).json();
  assert.equal(licence.installationId, installation);
  assert.equal(licence.seats, 10);
});

test("a tool meets a server that is down for a moment", async () => {
  const fault = { app: "cloud-us", operation: "GET /api/accounts/profile", times: 1, do: { status: 503 } };
  const headers = { "Content-Type": "application/json" };
  await fetch(`${told.control}/faults`, { method: "POST", headers, body: JSON.stringify(fault) });
  const statuses = [];
  for (let go = 0; go < 2; go++) {
    statuses.push((await fetch(`${told.cloud_us}/api/accounts/profile`, asOwner())).status);
  }
  assert.deepEqual(statuses, [503, 200]);
});

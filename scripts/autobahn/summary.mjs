// Reads the reports of the Autobahn|Testsuite and says whether they are as they should be: OK in both of its verdicts for
// every case, in the strict reading, but for the three cases that it only wants to know about.
//
//     node scripts/autobahn/summary.mjs FOLDER [FOLDER ...]

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Cases for which the suite has no opinion: it says INFORMATIONAL whatever happens. */
const INFORMATIONAL = new Set(["7.1.6", "7.13.1", "7.13.2"]);
const CASES = 517;
const ANYONE = "any agent";

/**
 * One line for each agent, and one for each of its cases that is not as it should be. `complete`: every agent must have
 * all of the suite's cases. `agents`: those that every folder must have reports of; the suite itself ends well, and says
 * nothing, when it cannot reach whom it should test.
 */
export function summarize(folders, { complete = true, agents = [] } = {}) {
  const lines = [];
  let passed = true;
  for (const folder of folders) {
    const lacking = new Set(agents.length > 0 ? agents : [ANYONE]);
    const reports = findReports(folder).flatMap((report) => Object.entries(JSON.parse(readFileSync(report, "utf8"))));
    for (const [agent, cases] of reports) {
      lacking.delete(agent);
      lacking.delete(ANYONE);
      const bad = Object.entries(cases).filter(([id, verdicts]) => !isGood(id, verdicts));
      const count = Object.keys(cases).length;
      const informational = Object.keys(cases).filter((id) => INFORMATIONAL.has(id)).length;
      const tooFew = complete && count !== CASES ? `, of ${CASES} that there should be` : "";
      const good = count - bad.length - informational;
      lines.push(
        `${folder}: ${agent}: ${count} cases${tooFew}: ${good} OK, ${informational} informational, ${bad.length} bad`,
      );
      for (const [id, { behavior, behaviorClose, reportfile }] of bad.sort(byId)) {
        lines.push(`  ${id}: ${behavior}, closing ${behaviorClose} (${reportfile ?? "no details"})`);
      }
      if (bad.length > 0 || count === 0 || tooFew !== "") passed = false;
    }
    for (const agent of lacking) lines.push(`${folder}: there is no report of ${agent}`);
    if (lacking.size > 0) passed = false;
  }
  return { lines, passed };
}

/** `index.json` of the folder itself, and of those in it. */
function findReports(folder) {
  if (!existsSync(folder)) return [];
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...folders.map(({ name }) => join(folder, name))]
    .map((path) => join(path, "index.json"))
    .filter((path) => existsSync(path));
}

function isGood(id, { behavior, behaviorClose }) {
  // An informational case may still end badly.
  if (INFORMATIONAL.has(id)) {
    return ["OK", "INFORMATIONAL"].includes(behavior) && ["OK", "INFORMATIONAL"].includes(behaviorClose);
  }
  return behavior === "OK" && behaviorClose === "OK";
}

function byId([one], [other]) {
  const [a, b] = [one, other].map((id) => id.split(".").map(Number));
  const at = a.findIndex((number, index) => number !== b[index]);
  return at === -1 ? 0 : a[at] - b[at];
}

if (process.argv[1] === import.meta.filename) {
  const { lines, passed } = summarize(process.argv.slice(2));
  for (const line of lines) console.log(line);
  process.exit(passed ? 0 : 1);
}

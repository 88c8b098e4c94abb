// The test runner that Stryker asks about each mutant, made for this project's tests, of which thousands run in a second:
// Vitest's describe, test and expect, but all in one process, without Vitest around them. Tests and sources are
// bundled once, and evaluated afresh for every mutant. The tests that reach a mutant run until one fails, the quickest first.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { Script } from "node:vm";

/** Of each law, fast-check tries no more than so many values. */
const runs = Number(process.env.MUTATION_RUNS ?? "50");
/** Every mutant meets the same random values. */
const seed = 6455;
/** In virtual time everything is quick: a test that takes so long waits for something that never comes. */
const testTimeout = 20_000;

/** Tests that prove nothing here: they take long, or need many values, modules loaded twice, the memory for themselves. */
const leftOut = [
  "is found out at every place where the bytes can be cut",
  "never laxer than Node's parser",
  "of damaged streams, we take and refuse the same ones as zlib",
  "a runtime without Symbol.asyncDispose",
  "sec/no-leak",
  "two thousand bombs in a row",
];

const root = join(import.meta.dirname, "../..");
const requireFromRoot = createRequire(join(root, "package.json"));
const requireFromVitest = createRequire(requireFromRoot.resolve("vitest/package.json"));
const requireFromExpect = createRequire(requireFromVitest.resolve("@vitest/expect"));
const chai = await import(requireFromExpect.resolve("chai"));
const vitestRunner = await import(requireFromVitest.resolve("@vitest/runner"));
const vitestExpect = await import(requireFromVitest.resolve("@vitest/expect"));
const { fn, spyOn } = await import(requireFromVitest.resolve("@vitest/spy"));
const { expectTypeOf } = await import(requireFromVitest.resolve("expect-type"));
const fastCheck = requireFromRoot("fast-check");

/** What the tests import. */
const modules = { vitest: vitest(), "fast-check": withFewRuns(fastCheck) };

class OneProcessRunner {
  static inject = [];
  /** What the mutated sources look at and write to: which mutant is active, and what has been reached. */
  #instrumentation = (globalThis.__stryker__ ??= {});
  #script;
  #testFiles;
  /** What each test did without mutants, by its id: how long it took, and how often it reached which mutant. */
  #known;
  #unhandled = 0;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    this.#testFiles = process.env.MUTATION_TESTS.split(",");
    this.#script = new Script(await bundle(this.#testFiles), { filename: "tests.js" });
    process.on("unhandledRejection", (error) => {
      // A test that was broken off hears much later, during another one, that its time is up.
      if (!/^(Test|Hook) timed out/.test(error?.message)) this.#unhandled++;
    });
  }

  async dryRun() {
    const results = [];
    for (const file of this.#testFiles) {
      const tests = await this.#collect(this.#evaluate(), file);
      for (const id of new Set(tests.map((test) => test.id))) {
        // Evaluated afresh, or only the first test would seem to reach what is made once.
        results.push(...(await this.#run(await this.#collect(this.#evaluate(), file, new Set([id])))));
      }
    }
    // Sources without mutants note nothing.
    const { mutantCoverage = { static: {}, perTest: {} } } = this.#instrumentation;
    const durations = Object.fromEntries(results.map(({ id, timeSpentMs }) => [id, timeSpentMs]));
    this.#known = { durations, hits: mutantCoverage.perTest };
    // For the other processes, and for those that take the place of one that had to be stopped.
    writeFileSync(knownFile(), JSON.stringify(this.#known));
    if (results.some(({ status }) => status === 1)) return { status: "complete", tests: results, mutantCoverage };
    // The proof that the rest means something: what changes nothing must survive.
    this.#instrumentation.mutantCoverage = undefined;
    const control = await this.mutantRun({ activeMutant: { id: "none" }, mutantActivation: "runtime" });
    if (control.status === "survived") return { status: "complete", tests: results, mutantCoverage };
    return { status: "error", errorMessage: `Killed without a mutant: ${control.killedBy} ${control.failureMessage}` };
  }

  async mutantRun({ testFilter, hitLimit, activeMutant, mutantActivation }) {
    this.#known ??= JSON.parse(readFileSync(knownFile(), "utf8"));
    const instrumentation = this.#instrumentation;
    instrumentation.activeMutant = mutantActivation === "static" ? activeMutant.id : undefined;
    instrumentation.hitCount = 0;
    instrumentation.hitLimit = hitLimit;
    const importFile = this.#evaluate();
    let asked = 0;
    let failed;
    for (const { file, ids } of this.#inOrder(testFilter, activeMutant.id)) {
      if (mutantActivation === "runtime") instrumentation.activeMutant = undefined;
      const tests = await this.#collect(importFile, file, ids);
      instrumentation.activeMutant = activeMutant.id;
      const results = await this.#run(tests, activeMutant.id);
      asked += results.length;
      failed = results.find(({ status }) => status === 1);
      if (failed !== undefined) break;
    }
    instrumentation.activeMutant = undefined;
    const tooOften = instrumentation.hitCount > instrumentation.hitLimit;
    if (tooOften || failed?.failureMessage.startsWith("Script execution timed out")) {
      return { status: "timeout", reason: tooOften ? "reached too often" : "too slow" };
    }
    if (failed === undefined) return { status: "survived", nrOfTests: asked };
    return { status: "killed", killedBy: [failed.id], failureMessage: failed.failureMessage, nrOfTests: asked };
  }

  /** The tests to ask, in groups from one file: quick ones first, those that reach the mutant before all others. */
  #inOrder(testFilter, mutant) {
    const { durations, hits } = this.#known;
    const groups = new Map();
    for (const id of testFilter ?? Object.keys(durations)) {
      const file = id.slice(0, id.indexOf("#"));
      const rank = (hits[id]?.[mutant] ? 0 : 100) + Math.max(0, Math.ceil(Math.log2(durations[id])));
      const key = `${rank} ${file}`;
      if (!groups.has(key)) groups.set(key, { rank, file, ids: new Set() });
      groups.get(key).ids.add(id);
    }
    return [...groups.values()].sort((one, other) => one.rank - other.rank || other.ids.size - one.ids.size);
  }

  /** Evaluates the sources; what is returned evaluates a test file with them. */
  #evaluate() {
    const module = { exports: {} };
    const wrapper = this.#script.runInThisContext();
    wrapper((name) => modules[name] ?? requireFromRoot(name), module, module.exports);
    const collected = new Map();
    return async (file) => {
      if (!collected.has(file)) collected.set(file, await collectTests(file, module.exports.files[file]));
      return collected.get(file);
    };
  }

  /** The tests of a file, or those of them that are wanted. */
  async #collect(importFile, path, wanted) {
    const file = await importFile(path);
    if (file.result?.state === "fail") return [{ id: `${path}#`, task: file, broken: file.result.errors[0] }];
    return testsOf(file)
      .map((task) => ({ id: `${path}#${nameOf(task)}`, task }))
      .filter(({ id }) => (wanted?.has(id) ?? true) && !leftOut.some((text) => id.includes(text)));
  }

  /** The results of `tests`; with a mutant, up to the first one that fails. */
  async #run(tests, mutant) {
    const results = new Map();
    const suites = new Map();
    for (const { id, task, broken } of tests) {
      if (task.mode !== "run" && broken === undefined) continue;
      if (mutant !== undefined) this.#limitHits(id, mutant);
      const start = performance.now();
      const error = broken ?? (await this.#runTest(id, task, suites));
      const timeSpentMs = performance.now() - start + (results.get(id)?.timeSpentMs ?? 0);
      const outcome =
        error === undefined ? { status: 0 } : { status: 1, failureMessage: String(error?.message ?? error) };
      if (results.get(id)?.status !== 1) results.set(id, { id, name: id, timeSpentMs, ...outcome });
      if (error !== undefined && mutant !== undefined) break;
    }
    for (const suite of suites.keys())
      for (const hook of vitestRunner.getHooks(suite).afterAll) await attempt(() => hook(suite));
    return [...results.values()];
  }

  /** A loop that does not end is broken off: the mutated sources throw when they are reached more often than the limit. */
  #limitHits(id, mutant) {
    this.#instrumentation.hitCount = 0;
    this.#instrumentation.hitLimit = 500_000 + 100 * (this.#known.hits[id]?.[mutant] ?? 0);
  }

  /** The error with which the test failed. */
  async #runTest(id, task, suites) {
    const path = pathTo(task);
    this.#unhandled = 0;
    for (const suite of path) {
      if (!suites.has(suite)) suites.set(suite, await this.#prepare(suite));
      const failure = suites.get(suite);
      if (failure !== undefined) return failure;
    }
    this.#instrumentation.currentTestId = id;
    const hooks = path.map((suite) => vitestRunner.getHooks(suite));
    let error = await attempt(async () => {
      for (const { beforeEach } of hooks) for (const hook of beforeEach) await hook(task.context, task.suite);
      await withinTime(vitestRunner.getFn(task), 5_000 + 50 * Math.ceil(this.#known?.durations[id] ?? testTimeout));
    });
    for (const { afterEach } of hooks.reverse()) {
      for (const hook of afterEach) error ??= await attempt(() => hook(task.context, task.suite));
    }
    // Rejections that nobody handles are told of after all microtasks.
    await new Promise((resolve) => setImmediate(resolve));
    this.#instrumentation.currentTestId = undefined;
    if (this.#unhandled > 0) error ??= new Error("A rejection was not handled.");
    return error;
  }

  async #prepare(suite) {
    return attempt(async () => {
      for (const hook of vitestRunner.getHooks(suite).beforeAll) await hook(suite);
    });
  }
}

function collectTests(path, evaluate) {
  const config = { root: process.cwd(), testTimeout, hookTimeout: testTimeout, sequence: {}, setupFiles: [] };
  const runner = { config, importFile: () => withinTime(evaluate, testTimeout), viteEnvironment: "node" };
  return vitestRunner.collectTests([path], runner).then(([file]) => file);
}

const callGuarded = new Script("guarded()");

/** What `action` returns; broken off if it is not back after so many milliseconds. */
function withinTime(action, timeout) {
  globalThis.guarded = action;
  return callGuarded.runInThisContext({ timeout });
}

/** What `action` throws, or rejects with. */
async function attempt(action) {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error ?? new Error("Something was thrown that is nothing.");
  }
}

function testsOf(suite) {
  return suite.tasks.flatMap((task) => (task.type === "suite" ? testsOf(task) : [task]));
}

/** The suites around a test, the file first. */
function pathTo(task) {
  const suites = [];
  for (let suite = task.suite; suite !== undefined && suite !== task.file; suite = suite.suite) suites.unshift(suite);
  return [task.file, ...suites];
}

function nameOf(task) {
  const suites = pathTo(task).slice(1);
  return [...suites, task].map(({ name }) => name).join(" ");
}

function knownFile() {
  return join(process.cwd(), "mutation-known.json");
}

/** One script with all tests and sources, where each test file is evaluated when it is asked for. */
async function bundle(testFiles) {
  const { build } = await import(requireFromRoot.resolve("esbuild"));
  const folder = process.cwd();
  const packages = join(folder, "packages");
  const { outputFiles } = await build({
    stdin: {
      contents: `export const files = {${testFiles.map((file) => `${JSON.stringify(file)}: () => require("./${file}")`)}}`,
      resolveDir: folder,
    },
    absWorkingDir: folder,
    alias: {
      "@sansock/protocol": join(packages, "protocol/src/index.ts"),
      "@sansock/protocol/driver": join(packages, "protocol/src/driver/index.ts"),
      "@sansock/protocol/testing": join(packages, "protocol/src/testing/index.ts"),
      "@sansock/protocol/testing/arbitraries": join(packages, "protocol/src/testing/arbitraries.ts"),
    },
    bundle: true,
    external: ["vitest", "fast-check"],
    format: "cjs",
    logLevel: "error",
    platform: "node",
    target: "node20",
    write: false,
  });
  return `(function (require, module, exports) {${outputFiles[0].text}\n})`;
}

/** What tests import from "vitest". */
function vitest() {
  const { JestAsymmetricMatchers, JestChaiExpect, JestExtend, ASYMMETRIC_MATCHERS_OBJECT } = vitestExpect;
  for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
  const expect = (value, message) => chai.expect(value, message);
  Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
  expect.unreachable = (message) => chai.assert.fail(`not to be reached: ${message ?? ""}`);
  vitestExpect.setState({ assertionCalls: 0 }, expect);
  globalThis[vitestExpect.GLOBAL_EXPECT] = expect;
  return { ...vitestRunner, expect, expectTypeOf, vi: { fn, spyOn } };
}

/** fast-check, which tries fewer values, the same ones each time, and looks for no smaller one that fails, too. */
function withFewRuns(library) {
  const few = (given = {}) => ({ seed, ...given, numRuns: Math.min(given.numRuns ?? runs, runs), endOnFailure: true });
  const limited = {
    ...library,
    assert: (property, given) => library.assert(property, few(given)),
    check: (property, given) => library.check(property, few(given)),
  };
  limited.default = limited;
  return limited;
}

export const strykerPlugins = [{ kind: "TestRunner", name: "one-process", injectableClass: OneProcessRunner }];

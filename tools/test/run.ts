import { randomInt } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureDir, remove } from 'fs-extra/esm';
import { DataCenter } from '../dctest/src/data-center.ts';
import { cacheDirectory } from '../lib/cache.ts';
import { runCommand } from '../lib/run-command.ts';
import { takeDownAbandoned } from './abandoned-data-centers.ts';
import { runStage, type Stage, type StageResult } from './run-stage.ts';
import { findStages } from './stages.ts';
import { summaryLines } from './summary-lines.ts';

const root = resolve(import.meta.dirname, '../..');
const wholeLimit = (process.env['NECO_TEST_ALL'] === undefined ? 82 : 240) * 60_000;
const keptRuns = 5;
const usage = `npm test [-- [--only STAGE[,STAGE…]] [--list]]
  Runs all checks and tests. STAGE: as --list shows; "test" stands for the tests of all projects, "dc" for all scenarios.
  NECO_TEST_SEED=N repeats the order of a run, NECO_TEST_PART_SEED=N its choice of scenarios.`;

const say = (text: string) => {
  process.stdout.write(`${text}\n`);
};

/** A place for this run's output; those of older runs go, the newest few stay. */
async function makeLogFolder(): Promise<string> {
  const parent = join(cacheDirectory(), 'logs');
  await ensureDir(parent);
  const older = (await readdir(parent)).filter((name) => name.startsWith('test-')).sort();
  await Promise.all(older.slice(0, -keptRuns).map((name) => remove(join(parent, name))));
  const folder = join(parent, `test-${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${process.pid}`);
  await mkdir(folder);
  return folder;
}

/** Random order is new each time; what only a part is run of changes with the commit. */
async function chooseSeeds(): Promise<void> {
  process.env['NECO_TEST_SEED'] ??= String(randomInt(2 ** 32));
  const commit = await runCommand('git', ['-C', root, 'rev-parse', 'HEAD']).catch(() => '0');
  process.env['NECO_TEST_PART_SEED'] ??= String(Number.parseInt(commit.slice(0, 8), 16));
  say(
    `seeds: NECO_TEST_SEED=${process.env['NECO_TEST_SEED']} NECO_TEST_PART_SEED=${process.env['NECO_TEST_PART_SEED']}`,
  );
}

function report({ name, passed, failures, log, duration }: StageResult): void {
  const seconds = (duration / 1000).toFixed(1);
  say(
    `${failures.length === 0 ? 'ok  ' : 'FAIL'}  ${name}: ${passed} passed, ${failures.length} failed (${seconds} s)`,
  );
  for (const { title, text } of failures) say(`\n  ${title}\n${text.replaceAll(/^/gm, '    ')}\n`);
  if (failures.length > 0) say(`  the whole output: ${log}\n`);
}

/** Runs the stages, at most `width` at once, in their order. */
async function runAll(
  stages: readonly Stage[],
  width: number,
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  const waiting = [...stages];
  const worker = async () => {
    for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift()) await run(stage);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

async function main(results: StageResult[], controller: AbortController): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, list: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const only = values.only?.split(',');
  const chosen = ({ name }: Stage) =>
    only === undefined || only.includes(name) || only.includes(name.split(' ')[0] ?? name);
  const groups = await findStages();
  const all = groups.flatMap(({ stages }) => stages);
  if (values.help === true) {
    say(usage);
    return;
  }
  if (values.list === true) {
    say(all.map(({ name }) => name).join('\n'));
    return;
  }
  const unknown = only?.find((word) => !all.some(({ name }) => name === word || name.split(' ')[0] === word));
  if (unknown !== undefined)
    throw new Error(`there is no stage ${unknown}; there are: ${all.map(({ name }) => name).join(', ')}`);
  const logs = await makeLogFolder();
  await chooseSeeds();
  say(`logs: ${logs}`);
  const run = async (stage: Stage) => {
    const result = await runStage(stage, { root, logs, signal: controller.signal });
    results.push(result);
    report(result);
  };
  for (const { stages, width } of groups) await runAll(stages.filter(chosen), width, run);
}

/** Whatever happens, the last line is the count, and it tells of a failure when there was one. */
async function runToTheCount(): Promise<void> {
  const results: StageResult[] = [];
  const controller = new AbortController();
  const stop = (why: string) => () => {
    controller.abort(why);
  };
  const watchdog = setTimeout(stop('the whole run took too long'), wholeLimit);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop(signal));
  const before = await DataCenter.names();
  let broken: string | undefined;
  await main(results, controller).catch((error: unknown) => {
    broken = error instanceof Error ? error.message : String(error);
  });
  clearTimeout(watchdog);
  const abandoned = await takeDownAbandoned(before).catch((error: unknown) => [String(error)]);
  if (abandoned.length > 0) say(`taken down, for their tests were killed: ${abandoned.join(', ')}`);
  const failed = broken !== undefined || results.some(({ failures }) => failures.length > 0);
  process.exitCode = failed ? 1 : 0;
  // The pipeline reads the last line, and a person may see no more than the end.
  for (const line of summaryLines(results, broken)) say(line);
}

process.exitCode = 1;
await runToTheCount();

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';

/** One part of `npm test`. */
export interface Stage {
  name: string;
  /** Program and arguments; found in PATH. */
  command: readonly [string, ...string[]];
  /** After this many milliseconds it is killed and counts as failed. */
  limit: number;
  /** Whether it runs mocha, whose tests count one by one; otherwise the stage is one test. */
  counts?: boolean;
}

export interface StageResult {
  name: string;
  passed: number;
  failures: StageFailure[];
  /** The cases that passed, of a stage that runs mocha. */
  cases: TestCase[];
  /** Where its whole output lies. */
  log: string;
  /** Milliseconds. */
  duration: number;
}

export interface TestCase {
  title: string;
  /** Milliseconds. */
  duration: number;
}

export interface StageFailure {
  title: string;
  text: string;
}

export interface RunStageOptions {
  root: string;
  /** The directory for its output. */
  logs: string;
  /** Kills the stage when it fires; its reason says why. */
  signal: AbortSignal;
}

const outputTail = 60;

/**
 * nx runs a target without a terminal and in the process group of the stage, which is killed when its time is over; it
 * loads its plugins itself, in a fraction of the time that a process for each takes.
 */
const nxEnvironment = {
  NX_DAEMON: 'false',
  NX_NATIVE_COMMAND_RUNNER: 'false',
  NX_ISOLATE_PLUGINS: 'false',
  NX_TUI: 'false',
};

/** Runs a stage to its end, however it ends, and tells what passed and failed. Never rejects for what the stage does. */
export async function runStage(stage: Stage, options: RunStageOptions): Promise<StageResult> {
  const file = stage.name.replaceAll(/[^a-z0-9-]+/g, '-');
  const log = join(options.logs, `${file}.log`);
  const results = join(options.logs, `${file}.results`);
  await remove(results);
  const start = performance.now();
  const fault = options.signal.aborted
    ? `not run: ${String(options.signal.reason)}`
    : await runCommand(stage, log, results, options);
  const { cases, passed, failures, ended } =
    stage.counts === true ? await readResults(results) : uncounted(fault);
  if (!ended) {
    failures.push({
      title: `the tests did not come to their end: ${fault ?? 'no reason known'}`,
      text: await tail(log),
    });
  }
  if (fault !== undefined && failures.length === 0) failures.push({ title: fault, text: await tail(log) });
  return {
    name: stage.name,
    passed,
    failures,
    cases,
    log,
    duration: performance.now() - start,
  };
}

/** Gives what is wrong with the way the command ended, or nothing. */
function runCommand(
  stage: Stage,
  log: string,
  results: string,
  options: RunStageOptions,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const output = openSync(log, 'w');
  const [command, ...args] = stage.command;
  // A process group of its own, so that all it started can be killed.
  const child = spawn(command, args, {
    cwd: options.root,
    detached: true,
    stdio: ['ignore', output, output],
    env: {
      ...process.env,
      ...nxEnvironment,
      // Hundreds of processes load the same modules: each compiles only what none has compiled before.
      NODE_COMPILE_CACHE: join(options.root, 'node_modules/.cache/node-compile'),
      NO_COLOR: '1',
      NECO_TEST_RESULTS: results,
    },
  });
  closeSync(output);
  let killedFor: string | undefined;
  const kill = (why: string) => {
    killedFor ??= why;
    signalGroup(child.pid, 'SIGTERM');
    setTimeout(() => signalGroup(child.pid, 'SIGKILL'), 15_000).unref();
  };
  const onAbort = () => kill(`stopped: ${String(options.signal.reason)}`);
  const limit = setTimeout(() => kill(`killed after ${stage.limit / 60_000} minutes`), stage.limit);
  options.signal.addEventListener('abort', onAbort);
  const end = (fault: string | undefined) => {
    clearTimeout(limit);
    options.signal.removeEventListener('abort', onAbort);
    signalGroup(child.pid, 'SIGKILL');
    resolve(killedFor ?? fault);
  };
  child.on('error', (error) => end(`could not be started: ${error.message}`));
  child.on('exit', (status, signal) =>
    end(status === 0 ? undefined : `ended with ${signal ?? `status ${String(status)}`}`),
  );
  return promise;
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone, which is what was wanted.
  }
}

interface Counted {
  passed: number;
  cases: TestCase[];
  failures: StageFailure[];
  /** Whether the tests came to their own end. */
  ended: boolean;
}

function uncounted(fault: string | undefined): Counted {
  return { passed: fault === undefined ? 1 : 0, cases: [], failures: [], ended: true };
}

/** A line of the reporter. */
interface ResultEvent {
  event: string;
  title?: string;
  error?: string;
  duration?: number;
}

async function readResults(path: string): Promise<Counted> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const counted: Counted = { passed: 0, cases: [], failures: [], ended: false };
  for (const line of lines) {
    const event = JSON.parse(line) as ResultEvent;
    if (event.event === 'pass') {
      counted.passed += 1;
      counted.cases.push({ title: event.title ?? '', duration: event.duration ?? 0 });
    }
    if (event.event === 'fail') counted.failures.push({ title: event.title ?? '', text: event.error ?? '' });
    if (event.event === 'end') counted.ended = true;
  }
  return counted;
}

async function tail(log: string): Promise<string> {
  return (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-outputTail).join('\n');
}

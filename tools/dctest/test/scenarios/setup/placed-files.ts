import { dirname, join } from 'node:path';

/** A system call in a trace of strace(1): its name, its words and where in the trace it began and ended. */
interface Call {
  readonly name: string;
  readonly words: readonly string[];
  readonly began: number;
  readonly ended: number;
}

/** A file, or a link, that a program put in place. */
export interface PlacedFile {
  readonly path: string;
  /** What was not on the disk in time, so that a power cut might have left half of it; nothing where all is well. */
  readonly faults: readonly string[];
}

/**
 * The files and links that were renamed into one of these folders, and what of each was not on the disk in time: before it
 * was in place its content, or all of the generation of a pair to which it leads; afterwards the folder in which it lies.
 * @param trace of execve, fsync, rename and symlink, as `strace -f -y` writes it
 */
export function placedFiles(trace: string, folders: readonly string[]): PlacedFile[] {
  const calls = callsOf(trace);
  const of = (name: string) => calls.filter((call) => call.name === name);
  const syncs = of('fsync');
  const links = new Map(of('symlink').map(({ words: [target = '', at = ''] }) => [at, target]));
  const syncedBefore = (path: string, call: Call) =>
    syncs.some(({ words, ended }) => words[0] === path && ended < call.began);
  const syncedAfter = (path: string, call: Call) =>
    syncs.some(({ words, began }) => words[0] === path && began > call.ended);
  return of('rename').flatMap((call) => {
    const [from = '', path = ''] = call.words;
    if (!folders.some((folder) => path.startsWith(`${folder}/`))) return [];
    const target = links.get(from);
    const contents = target === undefined ? [from] : generationAt(join(dirname(from), target));
    const faults = [
      ...contents.filter((content) => !syncedBefore(content, call)).map((content) => `${content} before`),
      ...(syncedAfter(dirname(path), call) ? [] : [`${dirname(path)} after`]),
    ];
    return [{ path, faults }];
  });
}

/** The folders that were synced after the last run of a program with this word among its arguments. */
export function syncedAfterRun(trace: string, word: string): string[] {
  const calls = callsOf(trace);
  const run = calls.findLast(({ name, words }) => name === 'execve' && words.includes(word));
  if (run === undefined) throw new Error(`nothing was run with "${word}"`);
  return calls.flatMap(({ name, words, began }) => (name === 'fsync' && began > run.ended ? words : []));
}

/** What has to be on the disk before a link to a generation of a pair is in place; other links lead to a link like that. */
function generationAt(path: string): string[] {
  return /\/\.pairs\/[^/]+\/\d+$/.test(path) ? [`${path}/tls.crt`, `${path}/tls.key`, path] : [];
}

/** strace parts a call in two when another thread is at work meanwhile: it ends where it is resumed. */
function callsOf(trace: string): Call[] {
  const begun = new Map<string, Omit<Call, 'ended'>>();
  const calls: Call[] = [];
  trace.split('\n').forEach((line, at) => {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const name = /^([a-z]+)\(/.exec(rest)?.[1];
    if (name === undefined) {
      const call = begun.get(thread);
      if (call !== undefined && rest.includes(`${call.name} resumed>`)) calls.push({ ...call, ended: at });
      return;
    }
    const call = { name, words: wordsOf(name, rest), began: at };
    if (rest.includes('<unfinished ...>')) begun.set(thread, call);
    else calls.push({ ...call, ended: at });
  });
  return calls;
}

/** What stands in quotes; of a file that is open its path. */
function wordsOf(name: string, call: string): string[] {
  if (name === 'fsync') return [/<([^>]+)>/.exec(call)?.[1] ?? ''];
  return [...call.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word);
}

import { readFileSync } from 'node:fs';

/** Of the fields after the name, which may hold spaces and brackets itself: its state, and when it started, in ticks since the boot. */
const [stateField, startField] = [0, 19];

/** Of a process that has ended, and whose parent has not asked for its status. */
const ended = ['Z', 'X'];

/**
 * Tells a process from all others of this host, also from one that has its number later, or after a boot: as
 * `<number>-<when it started>`; undefined when none of that number runs. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processIdentity(pid: number): string | undefined {
  const fields = statFields(pid);
  if (fields === undefined || ended.includes(fields[stateField] ?? '')) return undefined;
  return `${String(pid)}-${fields[startField] ?? ''}`;
}

/** Whether a process does nothing until a SIGCONT, as after Ctrl-Z (SIGSTOP, SIGTSTP). */
export function isStopped(pid: number): boolean {
  return statFields(pid)?.[stateField] === 'T';
}

function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

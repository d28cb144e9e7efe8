import { readFileSync } from 'node:fs';

/** The 20th field after the name, which may hold spaces and brackets itself: when it started, in ticks since the boot. */
const startField = 19;

/**
 * Tells a process from all others of this host, also from one that has its number later, or after a boot: as
 * `<number>-<when it started>`; undefined when there is none of that number. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return `${String(pid)}-${fields[startField] ?? ''}`;
  } catch {
    return undefined;
  }
}

import type { Reporter } from '@neco/core';

/**
 * A reporter that writes lines for the journal, with their priority in front where the journal reads them
 * (https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html).
 * @param toJournal whether the lines go to the journal (`JOURNAL_STREAM` is set), and not to a person.
 */
export function createJournalReporter(write: (text: string) => unknown, toJournal: boolean): Reporter {
  const line = (priority: number, text: string): void => {
    for (const part of text.split('\n')) write(toJournal ? `<${String(priority)}>${part}\n` : `${part}\n`);
  };
  return {
    phase: ({ title, status }) => {
      line(6, `${title}: ${status}`);
    },
    state: (text) => {
      line(7, text);
    },
    info: (text) => {
      line(6, text);
    },
    warn: (text) => {
      line(4, text);
    },
  };
}

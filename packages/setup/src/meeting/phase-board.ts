import { serverName, type Reporter } from '@neco/core';
import type { Attendance } from './attendance.ts';
import type { Board } from './board.ts';

/** Which phases the coordinator and the others have completed, and what the coordinator works on. */
export class PhaseBoard {
  readonly #attendance: Attendance;
  readonly #board: Board;
  readonly #titleOf: (phase: string) => string;
  readonly #passed = new Set<string>();
  #doing = 'preflight';

  /** @param titleOf the title of a phase, by its id */
  constructor(attendance: Attendance, board: Board, titleOf: (phase: string) => string) {
    this.#attendance = attendance;
    this.#titleOf = titleOf;
    this.#board = board;
  }

  /** What the coordinator works on, for those that wait. */
  get doing(): string {
    return this.#doing;
  }

  /** The coordinator begins something. */
  begin(title: string): void {
    this.#doing = title;
    this.#board.changed();
  }

  /** The coordinator has completed a phase. */
  complete(phase: string): void {
    this.#passed.add(phase);
    this.#board.changed();
  }

  hasCompleted(phase: string): boolean {
    return this.#passed.has(phase);
  }

  /** Those of these servers that have not completed the phase, each with what was last seen of it. */
  laggards(phase: string, lrns: readonly number[]): string[] {
    return lrns
      .filter((lrn) => !this.#isPast(lrn, phase))
      .map((lrn) => `${serverName(lrn)} (${this.lastSeen(lrn)})`);
  }

  /** Whether all of them have completed the phase; says what is missing when that changes. */
  reportLaggards(phase: string, title: string, lrns: readonly number[], reporter: Reporter): () => boolean {
    let said = '';
    return () => {
      const missing = this.laggards(phase, lrns);
      if (missing.length === 0) return true;
      const text = `waiting for ${missing.join(', ')}: ${title}`;
      if (text !== said) reporter.state(text);
      said = text;
      return false;
    };
  }

  /** What was last seen of a server. */
  lastSeen(lrn: number): string {
    const reason = this.#attendance.whyTurnedAway(lrn);
    if (reason !== undefined) return `it came back and was rejected: ${reason}`;
    const present = this.#attendance.present.get(lrn);
    if (present === undefined) return 'not seen since this command started';
    if (present.failure !== undefined) return `its command failed: ${present.failure}`;
    const { passed } = present.introduction;
    const last = passed.at(-1);
    return last === undefined ? 'it has just started' : `last completed: ${this.#titleOf(last)}`;
  }

  #isPast(lrn: number, phase: string): boolean {
    if (this.#attendance.isRegistered(lrn)) return true;
    return this.#attendance.present.get(lrn)?.introduction.passed.includes(phase) ?? false;
  }
}

import { waitFor } from '@neco/core';
import { DataCenter } from '../dctest/src/data-center.ts';

/** Tests name their data centres by two letters and the number of their process; people do not. */
const ofTests = /^[a-z]{2}([0-9]+)$/;

/** A process that was just killed is given so long to be gone, in ms. */
const patience = 5000;

/**
 * Takes down what tests that were killed have left. Where the process lives, its data centre is its own.
 * @param before names of those that stood before the tests began: they are none of theirs.
 * @returns their names
 */
export async function takeDownAbandoned(before: readonly string[]): Promise<string[]> {
  const found = (await DataCenter.names()).flatMap((name) => {
    const pid = ofTests.exec(name)?.[1];
    return pid === undefined || before.includes(name) ? [] : [{ name, pid: Number(pid) }];
  });
  await waitFor(
    () => {
      const seen = found.filter(({ pid }) => isAlive(pid)).map(({ name }) => name);
      return Promise.resolve(
        seen.length === 0 ? { done: true, value: true } : { done: false, seen: seen.join(', ') },
      );
    },
    { what: 'killed tests to be gone', timeout: patience },
  ).catch(() => undefined);
  const abandoned = found.filter(({ pid }) => !isAlive(pid)).map(({ name }) => name);
  for (const name of abandoned) await DataCenter.takeDown(name);
  return abandoned;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

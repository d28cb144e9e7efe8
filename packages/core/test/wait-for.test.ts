import { NecoError, waitFor, type Look } from '@neco/core';
import { expect } from 'chai';
import { caught } from './caught.ts';

const never = () => new Promise<Look<string>>(() => undefined);

/** Looks that give these answers in turn, and then repeat the last one. */
function answers(...list: (Look<string> | Error)[]): () => Promise<Look<string>> {
  const left = [...list];
  return async () => {
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answers');
    return answer;
  };
}

describe('a wait', () => {
  const there = { done: true, value: 'there' } as const;

  it('returns the value of the first look that has it, and reports each change of state once', async () => {
    const states: string[] = [];
    const look = answers(
      { done: false, seen: 'closed' },
      { done: false, seen: 'closed' },
      new Error('refused'),
      new NecoError('ETCD_UNREACHABLE', 'no answer', { retryable: true }),
      there,
    );
    const value = await waitFor(look, { what: 'it', pause: 1, onState: (state) => states.push(state) });
    expect(value).to.equal('there');
    expect(states).to.deep.equal(['closed', 'refused', 'no answer']);
  });

  it('ends in TIMEOUT, which names the wait, its duration, what was last seen, and the hint', async () => {
    const look = answers({ done: false, seen: 'boot-2 refused the connection' });
    const error = await caught(() =>
      waitFor(look, { what: 'etcd', timeout: 60, pause: 1, hint: 'look there' }),
    );
    expect(error).to.include({ code: 'TIMEOUT', hint: 'look there' });
    expect(error.message).to.equal(
      'timed out after 0.1 s waiting for etcd; last seen: boot-2 refused the connection',
    );
  });

  it('is not blocked by a look that never answers', async () => {
    const error = await caught(() => waitFor(never, { what: 'etcd', timeout: 60 }));
    expect(error.code).to.equal('TIMEOUT');
  });

  it('ends at once on an error that is not retryable', async () => {
    const fatal = new NecoError('FOREIGN_DATA', 'not ours');
    expect(await caught(() => waitFor(answers(fatal), { what: 'it' }))).to.equal(fatal);
  });

  for (const [what, look] of [
    ['between two looks', answers({ done: false, seen: 'x' })],
    ['during a look', never],
  ] as const) {
    it(`ends in CANCELLED when the signal fires ${what}`, async () => {
      const controller = new AbortController();
      const wait = caught(() =>
        waitFor(look, { what: 'it', pause: 60_000, maxPause: 60_000, signal: controller.signal }),
      );
      setImmediate(() => controller.abort());
      expect((await wait).code).to.equal('CANCELLED');
    });
  }

  it('does not look if the signal has already fired', async () => {
    let looked = false;
    const look = async () => {
      looked = true;
      return there;
    };
    expect((await caught(() => waitFor(look, { what: 'it', signal: AbortSignal.abort() }))).code).to.equal(
      'CANCELLED',
    );
    expect(looked).to.equal(false);
  });
});

import {
  NecoError,
  runLimited,
  runPhases,
  silentReporter,
  waitFor,
  type Phase,
  type Reporter,
} from '@neco/core';
import { expect } from 'chai';
import { caught } from './caught.ts';

interface World {
  reporter: Reporter;
  signal: AbortSignal;
}

const phaseOf = (run: Phase<World, World>['run']): Phase<World, World> => ({
  id: 'verify',
  title: 'Verify the cluster',
  isDone: () => Promise.resolve(false),
  plan: () => [],
  run,
});

/** Runs one phase, for so many milliseconds or until it is stopped. */
function ends(run: Phase<World, World>['run'], limit: { timeout?: number; signal?: AbortSignal }) {
  const { timeout, signal = new AbortController().signal } = limit;
  const options = { timeout, signal, reporter: silentReporter, hint: 'to resume, run: it' };
  return caught(() =>
    runLimited(options, (both, reporter) =>
      runPhases([phaseOf(run)], { reporter, signal: both }, { reporter, signal: both, again: 'it' }),
    ),
  );
}

const sealed: Phase<World, World>['run'] = async ({ signal }) => {
  await waitFor(() => Promise.resolve({ done: false, seen: 'boot-2 is sealed' }), {
    what: 'the Vault of boot-2',
    signal,
  });
};

describe('an operation with a time limit', () => {
  it('says when the time is over in which phase, what was waited for, and what was last seen', async () => {
    const error = await ends(sealed, { timeout: 100 });
    expect(error).to.include({ code: 'TIMEOUT', hint: 'to resume, run: it' });
    expect(error.message).to.equal(
      'timed out after 0.1 s in: Verify the cluster, waiting for the Vault of boot-2; last seen: boot-2 is sealed',
    );
  });

  it('says so too of a wait that knows nothing, by what was reported last', async () => {
    const error = await ends(
      async ({ reporter, signal }) => {
        reporter.state('boot-2 is not registered yet');
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new NecoError('CANCELLED', 'stopped'));
          });
        });
      },
      { timeout: 100 },
    );
    expect(error.message).to.equal(
      'timed out after 0.1 s in: Verify the cluster; last seen: boot-2 is not registered yet',
    );
  });

  it('says the same when it is stopped, of the phase that it was in', async () => {
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort();
    }, 50);
    const error = await ends(sealed, { timeout: 60_000, signal: stop.signal });
    expect(error.code).to.equal('CANCELLED');
    expect(error.message).to.equal(
      'Verify the cluster: stopped while waiting for the Vault of boot-2; last seen: boot-2 is sealed',
    );
    expect(error.hint).to.include('run: it');
  });

  it('says what a look was for that was stopped with the wait', async () => {
    const error = await ends(
      async ({ signal }) => {
        const look = () =>
          new Promise<never>((_, reject) => {
            signal.addEventListener('abort', () => {
              reject(new NecoError('CANCELLED', 'stopped while systemctl was at work'));
            });
          });
        await waitFor(look, { what: 'etcd.service to be active', seen: 'it is activating', signal });
      },
      { timeout: 100 },
    );
    expect(error.message).to.include('waiting for etcd.service to be active; last seen: it is activating');
  });

  it('passes on an error that has another reason', async () => {
    const full = new NecoError('FILE_FAILED', 'no space left on the disk');
    const error = await ends(() => Promise.reject(full), { timeout: 10 });
    expect(error.message).to.equal('Verify the cluster: no space left on the disk');
  });
});

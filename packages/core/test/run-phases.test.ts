import {
  dryRunPhases,
  NecoError,
  runPhases,
  silentReporter,
  type Phase,
  type PhaseEvent,
  type Reporter,
} from '@neco/core';
import { expect } from 'chai';
import { caught } from './caught.ts';

interface World {
  readonly done: ReadonlySet<string>;
}

interface MutableWorld extends World {
  done: Set<string>;
}

function phase(id: string, more: Partial<Phase<World, MutableWorld>> = {}): Phase<World, MutableWorld> {
  return {
    id,
    title: `Title of ${id}`,
    isDone: async ({ done }) => done.has(id),
    plan: () => [`make ${id}`],
    run: async ({ done }) => {
      done.add(id);
    },
    ...more,
  };
}

function recorder(): { reporter: Reporter; events: PhaseEvent[] } {
  const events: PhaseEvent[] = [];
  return { events, reporter: { ...silentReporter, phase: (event) => events.push(event) } };
}

const short = (events: PhaseEvent[]) =>
  events.map(({ id, index, total, status }) => `${id} ${index}/${total} ${status}`);
const again = 'neco setup 0 1 2';

describe('an operation', () => {
  it('runs the phases that are not done, in order, and skips the others', async () => {
    const { reporter, events } = recorder();
    const world = { done: new Set(['b']) };
    const result = await runPhases([phase('a'), phase('b'), phase('c')], world, { reporter, again });
    expect(result.changed).to.equal(true);
    expect([...world.done]).to.deep.equal(['b', 'a', 'c']);
    expect(short(events)).to.deep.equal([
      'a 1/3 started',
      'a 1/3 done',
      'b 2/3 skipped',
      'c 3/3 started',
      'c 3/3 done',
    ]);
    expect(events[1]?.duration).to.be.a('number');
  });

  it('counts the phases that another run of the same operation reports, before and after its own', async () => {
    const { reporter, events } = recorder();
    const among = { before: 2, after: 1 };
    await runPhases([phase('c'), phase('d')], { done: new Set(['c', 'd']) }, { reporter, again, among });
    expect(short(events)).to.deep.equal(['c 3/5 skipped', 'd 4/5 skipped']);
  });

  it('retries a phase that failed with a retryable error, and reports why', async () => {
    const { reporter, events } = recorder();
    const states: string[] = [];
    let failures = 2;
    const flaky = phase('a', {
      run: async ({ done }) => {
        if (failures-- > 0) throw new NecoError('VAULT_FAILED', 'etcd was lost', { retryable: true });
        done.add('a');
      },
    });
    const watching = { ...reporter, state: (text: string) => states.push(text) };
    await runPhases([flaky], { done: new Set<string>() }, { reporter: watching, again });
    expect(short(events)).to.deep.equal(['a 1/1 started', 'a 1/1 done']);
    expect(states).to.deep.equal(['etcd was lost; retrying', 'etcd was lost; retrying']);
  });

  it('gives up on a phase that keeps failing, or whose error is not retryable', async () => {
    for (const retryable of [true, false]) {
      let runs = 0;
      const broken = phase('a', {
        run: () => {
          runs += 1;
          throw new NecoError('VAULT_FAILED', 'etcd was lost', { retryable });
        },
      });
      const options = { reporter: recorder().reporter, again, patience: 250 };
      const error = await caught(() => runPhases([broken], { done: new Set<string>() }, options));
      expect(error.message).to.equal('Title of a: etcd was lost');
      expect(runs).to.equal(retryable ? 2 : 1);
    }
  });

  it('changes nothing when it is run again, and reports that', async () => {
    const world = { done: new Set(['a']) };
    expect(await runPhases([phase('a')], world, { reporter: silentReporter, again })).to.deep.equal({
      changed: false,
    });
  });

  it('omits phases that do not apply to this server', async () => {
    const { reporter, events } = recorder();
    await runPhases(
      [phase('a', { concerns: () => false }), phase('b')],
      { done: new Set<string>() },
      { reporter, again },
    );
    expect(short(events)).to.deep.equal(['b 1/1 started', 'b 1/1 done']);
  });

  it('stops at the phase that fails, keeps its code and hint, and names the phase', async () => {
    const { reporter, events } = recorder();
    const fault = new NecoError('ETCD_NO_LEADER', 'no leader', { hint: 'start boot-2' });
    const fails = phase('b', { run: () => Promise.reject(fault) });
    const world = { done: new Set<string>() };
    const error = await caught(() => runPhases([phase('a'), fails, phase('c')], world, { reporter, again }));
    expect(error).to.include({
      code: 'ETCD_NO_LEADER',
      message: 'Title of b: no leader',
      hint: 'start boot-2',
      cause: fault,
    });
    expect([...world.done]).to.deep.equal(['a']);
    expect(short(events).at(-1)).to.equal('b 2/3 failed');
  });

  it('gives the command to resume after an error without a hint', async () => {
    const fails = phase('a', { isDone: () => Promise.reject(new TypeError('odd')) });
    const error = await caught(() =>
      runPhases([fails], { done: new Set<string>() }, { reporter: silentReporter, again }),
    );
    expect(error.code).to.equal('INTERNAL');
    expect(error.hint).to.contain(`then run: ${again}`);
  });

  it('stops between two phases when cancelled, and gives the command to resume', async () => {
    const controller = new AbortController();
    const first = phase('a', {
      run: async ({ done }) => {
        controller.abort();
        done.add('a');
      },
    });
    const world = { done: new Set<string>() };
    const options = { reporter: silentReporter, again, signal: controller.signal };
    const error = await caught(() => runPhases([first, phase('b')], world, options));
    expect(error).to.include({ code: 'CANCELLED', message: 'stopped before: Title of b' });
    expect(error.hint).to.equal(`to resume, run: ${again}`);
    expect([...world.done]).to.deep.equal(['a']);
  });

  it('gives the same command after a wait inside a phase was cancelled', async () => {
    const waits = phase('a', {
      run: () => Promise.reject(new NecoError('CANCELLED', 'stopped while waiting')),
    });
    const error = await caught(() =>
      runPhases([waits], { done: new Set<string>() }, { reporter: silentReporter, again }),
    );
    expect(error.hint).to.equal(`to resume, run: ${again}`);
  });

  it('reports in a dry run what would change, and runs nothing', async () => {
    const { reporter, events } = recorder();
    const world: World = { done: new Set(['b']) };
    await dryRunPhases([phase('a'), phase('b')], world, reporter);
    expect(short(events)).to.deep.equal(['a 1/2 would-run', 'b 2/2 skipped']);
    expect(events[0]?.plan).to.deep.equal(['make a']);
    expect([...world.done]).to.deep.equal(['b']);
  });
});

import { silentReporter } from '@neco/core';
import { expect } from 'chai';
import { createWorkerContext } from '../src/duties/create-worker-context.ts';
import { runDuties } from '../src/duties/run-duties.ts';
import type { WorkerContext } from '../src/duties/worker-duty.ts';

/** A worker whose warnings are kept. */
function worker(): { context: WorkerContext; warnings: string[] } {
  const warnings: string[] = [];
  const etcd = { endpoints: ['https://127.0.0.1:1'], prefix: '/neco/', timeout: '2s' };
  const configuration = { etcd, vault: { address: 'https://127.0.0.1:1', caFile: '/nowhere' } };
  const reporter = { ...silentReporter, warn: (text: string) => warnings.push(text) };
  return { context: createWorkerContext(configuration, reporter), warnings };
}

describe('the duties of neco-worker', () => {
  it('begins a duty again that failed, says so once, and holds up no other', async () => {
    const { context, warnings } = worker();
    let runs = 0;
    let others = 0;
    const failing = {
      name: 'failing',
      run: () => (++runs < 3 ? Promise.reject(new Error('it broke')) : Promise.resolve()),
    };
    const other = {
      name: 'other',
      run: () => {
        others += 1;
        return Promise.resolve();
      },
    };
    await runDuties([failing, other], context, new AbortController().signal);
    expect({ runs, others }).to.deep.equal({ runs: 3, others: 1 });
    expect(warnings).to.deep.equal(['failing: it broke']);
  });

  it('ends at once when it is told to, also in a pause', async () => {
    const { context } = worker();
    const stop = new AbortController();
    const failing = {
      name: 'failing',
      run: () => {
        queueMicrotask(() => {
          stop.abort();
        });
        return Promise.reject(new Error('it broke'));
      },
    };
    const start = performance.now();
    await runDuties([failing], context, stop.signal);
    expect(performance.now() - start).to.be.below(900);
  });
});

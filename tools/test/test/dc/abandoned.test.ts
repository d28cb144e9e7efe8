import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { DataCenter } from '../../../dctest/src/data-center.ts';
import { takeDownAbandoned } from '../../abandoned-data-centers.ts';

describe('what killed tests leave', function () {
  this.timeout(120_000);

  it('is taken down, and nothing of who lives', async () => {
    const gone = spawn('true');
    await once(gone, 'exit');
    const killed = `ka${gone.pid ?? 0}`;
    const own = `ko${process.pid}`;
    const before = await DataCenter.names();
    try {
      for (const name of [killed, own]) await DataCenter.up({ name, lrns: [0], bare: true });
      expect(await takeDownAbandoned([...before, killed])).to.deep.equal([]);
      expect(await takeDownAbandoned(before)).to.deep.equal([killed]);
      expect(await DataCenter.names())
        .to.include(own)
        .and.not.include(killed);
    } finally {
      for (const name of [killed, own]) await DataCenter.takeDown(name);
    }
  });
});

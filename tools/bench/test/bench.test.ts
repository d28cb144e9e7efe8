import { expect } from 'chai';
import { NecoError } from '@neco/core';
import { parseBenchOptions } from '../src/bench-options.ts';
import { excessOf } from '../src/excess-of.ts';
import { figureNames, figures } from '../src/figures.ts';
import { resultTable } from '../src/result-table.ts';
import { isOver, resultOf } from '../src/results.ts';

describe('npm run bench', () => {
  it('measures everything nine times unless told otherwise', () => {
    const usual = { names: figureNames, runs: 9, json: undefined, dataCenter: 'bench' };
    expect(parseBenchOptions([])).to.deep.equal(usual);
  });

  it('takes names, a number of runs, a file and a data centre', () => {
    const argv = [
      'version',
      '--runs',
      '3',
      'status',
      '--json',
      'out.json',
      'version',
      '--data-center',
      'mine',
    ];
    const wanted = { names: ['version', 'status'], runs: 3, json: 'out.json', dataCenter: 'mine' };
    expect(parseBenchOptions(argv)).to.deep.equal(wanted);
  });

  for (const argv of [['speed'], ['--runs', '0'], ['--runs', 'many'], ['--fast'], ['--json']]) {
    it(`refuses ${argv.join(' ')}`, () => {
      expect(() => parseBenchOptions(argv))
        .to.throw(NecoError)
        .with.property('code', 'USAGE');
    });
  }

  const samples = [
    { ours: 3000, reference: 2000 },
    { ours: 9000, reference: 1000 },
    { ours: 4000, reference: 3000 },
  ];

  it('gives medians in the unit of the figure, and their ratio', () => {
    const result = resultOf('setup', samples);
    expect(result).to.include({
      name: 'setup',
      unit: 's',
      ours: 4,
      reference: 2,
      ratio: 2,
      limit: 2,
      runs: 3,
    });
    expect(result.samples[1]).to.deep.equal({ ours: 9, reference: 1 });
  });

  it('gives means of what is one of two times by chance', () => {
    const byChance = [0.2, 7.2, 0.2].map((seconds) => ({ ours: 2000, reference: seconds * 1000 }));
    expect(resultOf('join', byChance)).to.include({ ours: 2, reference: 2.533, ratio: 0.79 });
  });

  it('gives memory in MB, as it was measured', () => {
    const held = resultOf('memory-worker', [{ ours: 82.7, reference: 76.8 }]);
    expect(held).to.include({ unit: 'MB', ours: 82.7, reference: 76.8, ratio: 1.077, limit: 1.6 });
  });

  it('takes the middle of two for an even number of runs', () => {
    expect(resultOf('version', samples.slice(0, 2))).to.include({ unit: 'ms', ours: 6000, reference: 1500 });
  });

  it('tells a figure that is over its limit from one that is just at it', () => {
    expect(isOver(resultOf('setup', samples))).to.equal(false);
    expect(isOver(resultOf('setup', samples.slice(1)))).to.equal(true);
  });

  it('holds what has a time for a limit against that time', () => {
    const most = { reference: figures.leave.most };
    const result = resultOf(
      'leave',
      [1500, 2400, 2200].map((ours) => ({ ours, ...most })),
    );
    expect(result).to.include({ ours: 2.2, reference: 2, ratio: 1.1, limit: 1 });
    expect(isOver(result)).to.equal(true);
    expect(excessOf(result)).to.equal('leave takes 2.2 s, more than 2 s');
    expect(excessOf(resultOf('setup', samples.slice(1)))).to.match(/^setup takes 3\.\d+ times its reference/);
  });

  it('shows median and spread in a table, a line each', () => {
    const lines = resultTable([resultOf('setup', samples), resultOf('version', samples.slice(1))]).split(
      '\n',
    );
    expect(lines).to.have.length(4);
    expect(lines[1]).to.match(/^setup +4\.00 s \(3\.00–9\.00\) +2\.00 s \(1\.00–3\.00\) +2\.00 +2\.00 +ok$/);
    expect(lines[2]).to.match(/^version +6500\.0 ms .* over its limit$/);
  });
});

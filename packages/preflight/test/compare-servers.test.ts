import { expect } from 'chai';
import { compareServers, type ServerReport } from '../src/compare-servers.ts';

describe('servers held against each other', () => {
  const plan = { 0: '10.0.0.0', 1: '10.0.0.1', 2: '10.0.0.2' };
  const coordinator = { version: '0.1.0', prefix: '/neco/', plan };

  function servers(...more: Partial<ServerReport>[]): ServerReport[] {
    return [0, 1, 2].map((lrn) => ({
      lrn,
      offset: 0,
      machineId: `machine-${String(lrn)}`,
      address: `10.0.0.${String(lrn)}`,
      ...coordinator,
      ...more[lrn],
    }));
  }

  const messages = (...more: Partial<ServerReport>[]) =>
    compareServers(coordinator, servers(...more)).map(({ message }) => message);

  it('give no finding when they go together', () => {
    expect(messages({}, { offset: 4900 }, { offset: -100 })).to.deep.equal([]);
  });

  it("are named with the version or prefix that is not the coordinator's", () => {
    expect(messages({}, { version: '0.2.0' }, { prefix: '/other/' })).to.deep.equal([
      'boot-1 runs neco 0.2.0, the coordinator 0.1.0',
      'boot-2 was given the prefix /other/ in etcd, the coordinator /neco/',
    ]);
  });

  it("are named when their address plan is not the coordinator's", () => {
    expect(messages({}, {}, { plan: { ...plan, 1: '10.9.9.9' } })).to.deep.equal([
      'by /etc/neco/site.yml of boot-2 the address of boot-1 is 10.9.9.9, by that of the coordinator 10.0.0.1',
    ]);
  });

  it("are named when they take part in a setup that is not the coordinator's", () => {
    expect(messages({}, { setupId: 'another' })).to.deep.equal([
      'boot-1 takes part in a setup of which the coordinator knows nothing',
    ]);
  });

  it('are named when they share a machine id or an address', () => {
    const found = messages({}, { machineId: 'machine-2' }, { address: '10.0.0.0' });
    expect(found).to.deep.equal([
      'boot-1 and boot-2 have the same machine id, machine-2',
      'boot-0 and boot-2 have the same address, 10.0.0.0',
    ]);
  });

  it('are named with the offset of their clock, the coordinator too', () => {
    expect(messages({}, {}, { offset: 12_340 })).to.deep.equal([
      'the clock of boot-2 is 12.3 s ahead of that of boot-0; the limit is 5 s',
    ]);
    expect(messages({}, { offset: -7000 }, { offset: -7100 })).to.deep.equal([
      'the clock of boot-0 is 7.1 s ahead of that of boot-2; the limit is 5 s',
    ]);
  });

  it('are found when only the two outermost clocks are too far apart', () => {
    expect(messages({ offset: -3000 }, {}, { offset: 3000 })).to.deep.equal([
      'the clock of boot-0 is 6.0 s behind that of boot-2; the limit is 5 s',
      'the clock of boot-2 is 6.0 s ahead of that of boot-0; the limit is 5 s',
    ]);
  });
});

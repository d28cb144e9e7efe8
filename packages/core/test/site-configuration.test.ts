import { addressOf, addressPlan, parseSiteConfiguration, type SiteConfiguration } from '@neco/core';
import { expect } from 'chai';
import { caught } from './caught.ts';

const least = 'cluster: tokyo-1\nlrn: 3\naddresses:\n  first: 10.0.0.1\n';

function site(addresses: Partial<SiteConfiguration['addresses']>): SiteConfiguration {
  const read = parseSiteConfiguration(least);
  return { ...read, addresses: { ...read.addresses, ...addresses } };
}

describe('site.yml', () => {
  it('requires a cluster, an LRN and a first address; the rest has defaults', () => {
    const read = parseSiteConfiguration(least);
    expect(read).to.deep.include({ cluster: 'tokyo-1', lrn: 3 });
    expect(read.addresses).to.deep.equal({ first: '10.0.0.1', step: 1, exceptions: {} });
    expect(read.ports.rendezvous).to.equal(7717);
  });

  const faults: [what: string, text: string, message: string][] = [
    ['an empty file', '', 'cluster: is missing; lrn: is missing; addresses: is missing'],
    ['a missing field', 'lrn: 3\naddresses: {first: 10.0.0.1}', 'cluster: is missing'],
    ['a field without a value', `${least}ports:\n  rendezvous:\n`, 'ports.rendezvous: has no value'],
    ['a wrong type', least.replace('3', 'three'), 'lrn: must be a number, not "three"'],
    ['a fraction', least.replace('3', '3.5'), 'lrn: must be a whole number, not 3.5'],
    ['a number too large', least.replace('3', '65536'), 'lrn: must be at most 65535, not 65536'],
    ['a number too small', least.replace('3', '-1'), 'lrn: must be at least 0, not -1'],
    ['a bad address', least.replace('10.0.0.1', '10.0.0.256'), 'addresses.first: must be an IPv4 address'],
    [
      'a list for fields',
      'cluster: a\nlrn: 1\naddresses: [10.0.0.1]',
      'addresses: must be a mapping, not a list',
    ],
    ['a bad cluster name', least.replace('tokyo-1', 'Tokyo'), 'cluster: must be 1 to 32 lower-case letters'],
    [
      'an exception for no LRN',
      `${least}  exceptions: {boot-1: 10.0.0.9}`,
      'addresses.exceptions.boot-1: is not an LRN',
    ],
    [
      'an exception above the last LRN',
      `${least}  exceptions: {70000: 10.0.0.9}`,
      'addresses.exceptions.70000: is not an LRN',
    ],
    ['a scalar', 'hello', 'must be a mapping, not "hello"'],
    ['a field given twice', `${least}lrn: 4`, 'is not valid YAML'],
    ['a second document', `${least}---\nlrn: 4`, 'is not valid YAML: it contains more than one document'],
    ['a tab', 'cluster:\n\t- a', 'is not valid YAML'],
    ['an alias without anchor', 'cluster: *nobody', 'is not valid YAML'],
  ];
  for (const [what, text, message] of faults) {
    it(`rejects ${what}, naming field, rule and value`, async () => {
      const error = await caught(() => parseSiteConfiguration(text, '/etc/neco/site.yml'));
      expect(error.code).to.equal('CONFIG_INVALID');
      expect(error.exitStatus).to.equal(2);
      expect(error.message).to.contain('/etc/neco/site.yml').and.to.contain(message);
      expect(error.message).to.not.contain('\n');
      expect(error.hint).to.be.a('string');
    });
  }

  for (const [wrong, full, near] of [
    [`${least}clutser: a`, 'clutser', 'cluster'],
    [`${least}  frist: 10.0.0.1`, 'addresses.frist', 'first'],
    [`${least}ports: {rendevous: 1}`, 'ports.rendevous', 'rendezvous'],
  ] as const) {
    it(`suggests the nearest known field for ${full}`, async () => {
      const error = await caught(() => parseSiteConfiguration(wrong));
      expect(error.message).to.contain(`unknown field "${full}"`);
      expect(error.hint).to.equal(`did you mean "${near}"?`);
    });
  }

  it('suggests nothing for a field that resembles no known one, and lists the known ones', async () => {
    const error = await caught(() => parseSiteConfiguration(`${least}networkMask: 24`));
    expect(error.hint).to.equal('use one of cluster, lrn, addresses, ports, packages');
  });

  it('reports all faults at once', async () => {
    const error = await caught(() => parseSiteConfiguration('cluster: A\nlrn: x\nmore: 1\n'));
    expect(error.details).to.have.length(4);
  });
});

describe('the address plan', () => {
  it('counts from the first address by steps, across bytes', () => {
    expect(addressOf(site({}), 0)).to.equal('10.0.0.1');
    expect(addressOf(site({ step: 256 }), 3)).to.equal('10.0.3.1');
    expect(addressOf(site({}), 65_535)).to.equal('10.1.0.0');
    expect(addressOf(site({ first: '223.255.0.1', step: 1 }), 1)).to.equal('223.255.0.2');
  });

  it('prefers an exception to the plan', () => {
    expect(addressOf(site({ exceptions: { '2': '192.168.0.9' } }), 2)).to.equal('192.168.0.9');
  });

  it('rejects an address outside of IPv4', async () => {
    const error = await caught(() => addressOf(site({ first: '255.255.255.250' }), 6));
    expect(error.message).to.contain('boot-6');
  });

  it('rejects the same address for two servers, naming both and the address', async () => {
    const plan = site({ exceptions: { '2': '10.0.0.2' } });
    const error = await caught(() => addressPlan(plan, [0, 1, 2]));
    expect(error.message).to.contain('boot-1').and.to.contain('boot-2').and.to.contain('10.0.0.2');
    expect([...addressPlan(plan, [0, 2, 5])]).to.deep.equal([
      [0, '10.0.0.1'],
      [2, '10.0.0.2'],
      [5, '10.0.0.6'],
    ]);
  });
});

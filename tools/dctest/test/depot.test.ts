import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { expect } from 'chai';
import { NecoError, parseSiteConfiguration } from '@neco/core';
import { DataCenter } from '../src/data-center.ts';
import { dummyDeb } from './dummy-deb.ts';
import { leftovers } from './leftovers.ts';

const name = `td${process.pid}`;
const update = ['apt-get', 'update', '-o', 'APT::Update::Error-Mode=any'];

describe('the depot of a data centre in a box', function () {
  this.timeout(180_000);
  let dataCenter: DataCenter;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'neco-depot-'));
    dataCenter = await DataCenter.up({ name, lrns: [0, 1], debs: [await dummyDeb(folder, '1.0')] });
  });

  after(async () => {
    await DataCenter.takeDown(name);
    await remove(folder);
    expect(await leftovers(name)).to.deep.equal([]);
  });

  it('is where each boot server has neco from, with apt and a good signature', async () => {
    for (const server of dataCenter.servers) {
      expect(await server.run(['neco'])).to.equal('1.0\n');
      expect(await server.run(['apt-cache', 'policy', 'neco'])).to.include('http://10.69.255.254/apt');
    }
  });

  it('stands beside a site.yml that gives each boot server its LRN and address', async () => {
    const site = parseSiteConfiguration(await dataCenter.server(1).readFile('/etc/neco/site.yml'));
    expect(site).to.deep.include({ cluster: 'dc', lrn: 1 });
    expect(site.addresses).to.deep.include({ first: '10.69.0.10', step: 1 });
  });

  it('is the only source of packages', async () => {
    expect(await dataCenter.server(0).run(['apt-get', 'indextargets', '--format', '$(SITE)'])).to.match(
      /^(http:\/\/10\.69\.255\.254\/apt\n)+$/,
    );
  });

  it('is refused by apt when its index is not what was signed', async () => {
    const depot = dataCenter.depot;
    expect(depot).not.to.equal(undefined);
    const index = '/srv/depot/apt/dists/stable/InRelease';
    await depot?.run(['cp', '--preserve=timestamps', index, '/root/good']);
    await depot?.run(['sed', '-i', 's/^Origin: neco/Origin: evil/', index]);
    // HTTP tells times in whole seconds: one that was made in this second would pass for the one that apt has.
    await depot?.run(['touch', '--date=tomorrow', index]);
    const { exitCode, stderr } = await dataCenter.server(0).exec(update);
    await depot?.run(['mv', '/root/good', index]);
    expect(exitCode).to.equal(100);
    expect(stderr).to.match(/BADSIG|Message has been manipulated/);
    expect((await dataCenter.server(0).exec(update)).stderr).to.equal('');
  });

  it('gives a wiped boot server neco again', async () => {
    await dataCenter.server(1).run(['touch', '/var/lib/lost']);
    await dataCenter.wipe(1);
    expect((await dataCenter.server(1).exec(['ls', '/var/lib/lost'])).exitCode).to.equal(2);
    expect(await dataCenter.server(1).run(['neco'])).to.equal('1.0\n');
  });

  it('leaves logs where the message says when neco cannot be installed', async () => {
    const broken = await dummyDeb(folder, '3.0', 'nothing-that-there-is');
    const options = { name: `${name}b`, lrns: [0], debs: [broken] };
    const error = await DataCenter.up(options).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(NecoError).with.property('code', 'COMMAND_FAILED');
    expect(error).to.have.property('message').that.includes('nothing-that-there-is');
    const directory = /is in (.*)$/.exec(error instanceof NecoError ? (error.hint ?? '') : '')?.[1] ?? '';
    expect(await readFile(join(directory, 'boot-0.journal'), 'utf8')).to.include('Reached target');
    expect(await leftovers(`${name}b`)).to.deep.equal([]);
    await remove(directory);
  });

  it('serves other packages when other debs are given', async () => {
    const debs = [await dummyDeb(folder, '2.0')];
    const other = await DataCenter.up({ name: `${name}o`, lrns: [0], debs });
    try {
      expect(await other.server(0).run(['neco'])).to.equal('2.0\n');
    } finally {
      await other.down();
    }
    expect(await leftovers(`${name}o`)).to.deep.equal([]);
  });
});

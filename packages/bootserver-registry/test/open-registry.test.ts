import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NecoError } from '@neco/core';
import { openRegistry, openRegistryView, type RegistrySource } from '@neco/bootserver-registry';
import { rejection } from '@neco/test-harness';
import { expect } from 'chai';

/** How a source is refused. */
async function refusal(source: RegistrySource): Promise<NecoError> {
  return rejection(openRegistryView(source));
}

describe('opening the registry', () => {
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-registry-'));
  });

  after(() => rm(directory, { recursive: true }));

  it('refuses an option that it does not know, and names the one that was meant', async () => {
    const misspelled = { endpoint: 'https://10.0.0.1:2379' } as RegistrySource;
    const error = await refusal(misspelled);
    expect(error.code).to.equal('CONFIG_INVALID');
    expect(error.message).to.equal('the options of the registry: unknown field "endpoint"');
    expect(error.hint).to.equal('did you mean "endpoints"?');
  });

  it('refuses the same in a file, but takes the files of neco’s daemons', async () => {
    const file = join(directory, 'boot-servers.yml');
    await writeFile(file, 'endpoint: https://10.0.0.1:2379\n');
    const error = await refusal(file);
    expect(error.code).to.equal('CONFIG_INVALID');
    expect(error.message).to.include(file).and.include('unknown field "endpoint"');
    await writeFile(file, 'endpoints: [http://10.0.0.1:2379]\nvault-ca-file: /etc/neco/ca/server.crt\n');
    await using opened = await openRegistryView(file);
    expect(opened.registry.prefix).to.equal('/neco/');
    expect(opened.etcd.endpoints).to.deep.equal(['http://10.0.0.1:2379']);
  });

  it('takes the options themselves', async () => {
    await using opened = await openRegistry({
      endpoints: ['10.0.0.1:2379'],
      prefix: 'other',
      timeout: '500ms',
    });
    expect(opened.registry.prefix).to.equal('/other/');
    expect(opened.etcd.connection.timeout).to.equal(500);
  });

  it('closes its connections at the end of the block', async () => {
    let etcd;
    {
      await using opened = await openRegistry({});
      ({ etcd } = opened);
    }
    const error: unknown = await etcd.members().catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message').that.includes('is closed');
  });

  it('has no means to change anything, as a view', async () => {
    await using opened = await openRegistryView({});
    const { registry } = opened;
    expect(Object.keys(registry)).to.have.members(['prefix', 'bootServers']);
    for (const write of ['put', 'create', 'update', 'delete', 'putWhile'])
      expect(registry.bootServers.at(3)).not.to.have.property(write);
  });
});

import { Ajv2020 } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { recordJsonSchema, recordKinds, Registry, type BootServer } from '@neco/bootserver-registry';
import { Secret } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { startEtcd, type EtcdUnderTest } from '@neco/test-harness';
import { expect } from 'chai';
import * as z from 'zod';

type KindName = keyof typeof recordKinds;

describe('the JSON Schema of the records', function () {
  this.timeout(30_000);
  let etcd: EtcdUnderTest;
  let cluster: EtcdCluster;
  let registry: Registry;
  const ajv = new Ajv2020({ formats: fullFormats, strict: true, keywords: ['x-key', 'x-form'] });

  before(async () => {
    etcd = await startEtcd({ auth: { 'neco-0': ['/neco/'] } });
    cluster = EtcdCluster.connect(await etcd.connection('neco-0'));
    registry = new Registry(cluster, '/neco/');
    ajv.addSchema(recordJsonSchema(), 'neco');
  });

  after(async () => {
    cluster.close();
    await etcd.stop();
  });

  const faults = (kind: KindName, value: unknown): string => {
    const validate = ajv.getSchema(`neco#/$defs/${kind}`);
    if (validate === undefined) throw new Error(`the schema has no ${kind}`);
    return validate(value) === true ? '' : ajv.errorsText(validate.errors);
  };

  it('is what zod makes of each kind, with the pattern of its key', () => {
    const { $defs } = recordJsonSchema() as { $defs: Record<string, object> };
    expect(Object.keys($defs)).to.deep.equal(Object.keys(recordKinds));
    for (const [name, { schema, form, pattern }] of Object.entries(recordKinds)) {
      const { $schema: _, ...made } = z.toJSONSchema(schema, { io: 'input' });
      expect($defs[name]).to.deep.include({ ...made, 'x-key': pattern.text, 'x-form': form });
    }
  });

  it('accepts what neco writes, and rejects what it could not read', async () => {
    const at = new Date().toISOString();
    const boot: BootServer = {
      version: 1,
      lrn: 3,
      name: 'boot-3',
      address: '10.0.0.3',
      neco: '0.1.0',
      state: 'joining',
      serials: ['0a:0b'],
      registeredAt: at,
    };
    const { certificate } = (await etcd.tls?.client('boot-3')) ?? { certificate: '' };
    const authorities = { server: 'a', peer: 'b', client: 'c' };
    const round = { version: 1, round: 'a', connections: 0 } as const;
    const application = { version: 1, name: 'squid', createdAt: at } as const;
    const plan = { version: 1, lrn: 3, name: 'boot-3', address: '10.0.0.3', startedAt: at } as const;
    await registry.register(boot);
    await registry.applications.at('squid').put({
      ...application,
      readsBootServers: true,
      certificates: [{ lrn: 3, serial: '0a', notAfter: at }],
    });
    await registry.putVaultKeys({ unsealKey: new Secret('a'), rootToken: new Secret('b') });
    await registry.setup.put({ version: 1, vault: 'initialising', proof: 'a' });
    await registry.leavePlans.at(3).put({ ...plan, mode: 'dead', step: 'begun', serials: [] });
    await registry.leaveStops.at(3).put({ version: 1, at });
    await registry.leaveCuts.at(3, 1).put(round);
    await registry.leaveLists.at(3, 1).put(round);
    await registry.leaveAwaits.at(3, 1).put({ version: 1 });
    await registry.revocations.put({ version: 1, round: 'a' });
    await registry.rejections.at(1).put(round);
    await registry.trustQuestions.at(3).put({ version: 1, round: 'a', authorities });
    await registry.trustAnswers.at(3, 1).put({ version: 1, round: 'a', kept: { peer: 'loaded' } });
    await registry.left.at(3).put({ version: 1, at });
    await registry.compromised.at(3).put({ version: 1, at, unsealKey: '1', barrierKey: 1, authorities });
    await registry.initialCertificates
      .at(3)
      .put({ version: 1, certificates: [{ authority: 'client', certificate }] });
    await registry.troubles.at(3).put({
      version: 1,
      at,
      troubles: [
        { id: 'disk-full', message: 'the file system / is full', remedy: 'free space', after: 'wait' },
        {
          id: 'peer-refused',
          message: 'etcd of boot-3 refuses etcd of boot-1',
          remedy: 'neco status',
          peer: { address: '10.0.0.1', by: 'this', reason: 'unknown ca' },
        },
      ],
    });

    const lines = (await etcd.etcdctlOk(['get', '/neco/', '--prefix'])).trim().split('\n');
    const checked = new Set<string>();
    for (let index = 0; index < lines.length; index += 2) {
      const key = lines[index]?.slice('/neco/'.length) ?? '';
      const text = lines[index + 1] ?? '';
      const kind = (Object.keys(recordKinds) as KindName[]).find(
        (name) => recordKinds[name].pattern.parse(key) !== undefined,
      );
      if (kind === undefined) throw new Error(`${key} is of no kind`);
      checked.add(kind);
      if (recordKinds[kind].form === 'text') {
        expect(faults(kind, text), key).to.equal('');
        expect(faults(kind, `${text} `), key).to.not.equal('');
        continue;
      }
      const value: unknown = JSON.parse(text);
      expect(faults(kind, value), key).to.equal('');
      expect(faults(kind, { ...(value as object), addedByANewerNeco: true }), key).to.equal('');
      expect(faults(kind, { ...(value as object), version: 2 }), key).to.not.equal('');
    }
    expect([...checked]).to.have.members(Object.keys(recordKinds));
  });
});

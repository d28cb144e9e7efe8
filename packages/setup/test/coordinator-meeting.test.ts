import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { NecoError, waitFor } from '@neco/core';
import { rejection } from '@neco/test-harness';
import { createKey, publicKeyFingerprint } from '@neco/vault-pki';
import { expect } from 'chai';
import { certificateKindNames } from '@neco/cluster-access';
import { type KeyProof, proveKey } from '@neco/rendezvous';
import { introductionOf, MeetingWorld } from './meeting-world.ts';

const texts = (error: NecoError) =>
  [error.message, ...error.details.map(({ message }) => message)].join('\n');

const requests = Object.fromEntries(certificateKindNames.map((kind) => [kind, '']));

describe('the coordinator of a setup', function () {
  this.timeout(30_000);

  describe('when all was decided and a server comes back', () => {
    const changes = {
      'another version': [{ version: '1.0.1' }, 'boot-2 runs neco 1.0.1, the coordinator 1.0.0'],
      'another prefix': [{ prefix: '/other/' }, '/other/'],
      'another address plan': [
        { plan: { 0: '10.0.0.0', 1: '10.9.9.9', 2: '10.0.0.2' } },
        'the address of boot-1 is 10.9.9.9',
      ],
      'the setup of another cluster': [
        { setupId: 'b' },
        'takes part in a setup of which the coordinator knows',
      ],
      'the machine of another': [{ machineId: 'machine-1' }, 'boot-1 and boot-2 have the same machine id'],
      'another clock': [{ clock: Date.now() + 86_400_000 }, 'the clock of boot-2'],
    } as const;
    for (const [what, [more, reason]] of Object.entries(changes)) {
      it(`turns it away, and it alone, with ${what}`, async () => {
        await using world = await MeetingWorld.start();
        await world.decide();
        const error = await rejection(world.ask(2, more));
        expect(error.code).to.equal('PREFLIGHT_FAILED');
        expect(texts(error)).to.include(reason);
        expect(world.warnings.join('\n')).to.include('boot-2 came back and was rejected').and.include(reason);
        expect(await world.ask(1)).to.include({ setupId: 'a' });
        expect(await world.ask(2, { setupId: 'a' })).to.include({ setupId: 'a' });
      });
    }

    it('turns it away with another list of LRNs or another cluster', async () => {
      await using world = await MeetingWorld.start();
      await world.decide();
      const list = await rejection(world.ask(2, {}, { lrns: [0, 1, 2, 3] }));
      expect(list.code).to.equal('RENDEZVOUS_REFUSED');
      expect(list.message).to.include('was given the LRNs 0 1 2 3, the coordinator 0 1 2');
      expect((await rejection(world.ask(2, {}, { cluster: 'test' }))).message).to.include('"test"');
      expect(await world.ask(2)).to.include({ setupId: 'a' });
    });

    it('signs nothing for it, whatever it asks for', async () => {
      await using world = await MeetingWorld.start();
      await world.decide();
      world.coordinator.phases.complete('revoke-lost-certificates');
      const fields = { issue: 'initial', requests };
      const error = await rejection(world.ask(2, { version: '1.0.1' }, { path: '/certificates', fields }));
      expect(error.code).to.equal('PREFLIGHT_FAILED');
    });
  });

  it('reports a fault of its own with all its causes, and tells the server where to look', async () => {
    const disk = new Error('no space left on the disk');
    const fault = new TypeError('the state is not there', { cause: disk });
    await using world = await MeetingWorld.start({ signer: () => Promise.reject(fault) });
    await world.decide();
    world.coordinator.phases.complete('revoke-lost-certificates');
    const error = await rejection(
      world.ask(2, {}, { path: '/certificates', fields: { issue: 'initial', requests } }),
    );
    expect(error).to.include({ code: 'INTERNAL', hint: 'look at what "neco setup" says on the coordinator' });
    expect(error.message).to.include('/certificates').and.not.include('space');
    expect(world.warnings).to.deep.equal([
      'internal fault while answering boot-2 (/certificates): the state is not there; because: no space left on the disk',
    ]);
  });

  it('that fails lets all that wait for it know why, at once, also one that asks only then', async () => {
    await using world = await MeetingWorld.start();
    await world.decide();
    const waiting = rejection(world.ask(1, {}, { path: '/passed', fields: { phase: 'initialize-vault' } }));
    const failed = new NecoError('FOREIGN_DATA', 'Initialise Vault: etcd contains keys of another program', {
      hint: 'delete the keys',
    });
    const told = world.coordinator.fail(failed);
    const late = await rejection(world.ask(2, {}, { path: '/passed', fields: { phase: 'unseal-vault' } }));
    for (const error of [await waiting, late]) {
      expect(error).to.include({
        code: 'FOREIGN_DATA',
        hint: 'on boot-0: delete the keys',
        retryable: false,
      });
      expect(error.message).to.equal(
        'boot-0 failed: Initialise Vault: etcd contains keys of another program',
      );
    }
    const begun = performance.now();
    await told;
    expect(performance.now() - begun, 'it closes as soon as all know').to.be.below(1000);
  });

  it('that is stopped is waited for, since it goes on when it is started again', async () => {
    await using world = await MeetingWorld.start();
    await world.decide();
    const waiting = rejection(world.ask(1, {}, { path: '/passed', fields: { phase: 'x' }, timeout: 500 }));
    await world.coordinator.fail(new NecoError('CANCELLED', 'stopped'));
    expect((await waiting).code).to.equal('TIMEOUT');
  });

  it('says of a server whose command failed why that was, until it comes again', async () => {
    await using world = await MeetingWorld.start();
    await world.decide();
    await world.ask(2, {}, { path: '/failed', fields: { message: 'Start etcd: no space left on device' } });
    const { phases } = world.coordinator;
    expect(phases.lastSeen(2)).to.equal('its command failed: Start etcd: no space left on device');
    await world.ask(2);
    expect(phases.lastSeen(2)).to.equal('it has just started');
  });

  it('that is stopped while it waits says for whom, and what was last seen of it', async () => {
    const stop = new AbortController();
    const plan = { 0: '10.0.0.0', 1: '10.0.0.1', 2: '127.0.0.1' };
    await using world = await MeetingWorld.start({
      signal: stop.signal,
      introduction: () => ({ ...introductionOf(0), plan }),
    });
    const deciding = rejection(world.coordinator.decide());
    void world.ask(1).catch(() => undefined);
    const tarpit = connect(world.port, '127.0.0.1');
    await once(tarpit, 'close');
    await waitFor(
      async () =>
        world.warnings.length > 0 ? { done: true, value: true } : { done: false, seen: 'nobody was refused' },
      { what: 'the connection to be refused', timeout: 5000 },
    );
    stop.abort();
    const error = await deciding;
    expect(error.code).to.equal('CANCELLED');
    expect(error.message).to.equal(
      'stopped while waiting for the other boot servers; last seen: boot-2 (a connection from 127.0.0.1 was refused: it connected but did not complete the handshake)',
    );
    stop.abort();
  });

  describe('knows a server again by a key', () => {
    it('of which it must prove that it has it, in every request', async () => {
      await using world = await MeetingWorld.start();
      const none = await rejection(world.ask(1, {}, { proves: false }));
      expect(none.code).to.equal('RENDEZVOUS_REFUSED');
      expect(none.message).to.include('does not prove that it owns the key');
      await world.decide();
      for (const path of ['/decision', '/passed', '/certificates']) {
        const error = await rejection(world.ask(1, {}, { path, proves: false }));
        expect(error.code, path).to.equal('RENDEZVOUS_REFUSED');
      }
    });

    it('and takes no proof that was made for another connection', async () => {
      await using world = await MeetingWorld.start();
      const [key, elsewhere] = [await createKey(), await world.bindingElsewhere()];
      const proofs = {
        nothing: (proof: KeyProof) => ({ ...proof, signature: '' }),
        'something else': (proof: KeyProof) => ({
          ...proof,
          signature: Buffer.alloc(72, 7).toString('base64'),
        }),
        'another connection': () => proveKey(key, elsewhere),
        'another key': (proof: KeyProof) => ({ ...proof, publicKey: otherKey }),
      };
      const otherKey = createPublicKey((await createKey()).reveal())
        .export({ type: 'spki', format: 'pem' })
        .toString();
      for (const [what, forge] of Object.entries(proofs)) {
        const answer = await world.send((binding) => forge(proveKey(key, binding)));
        expect(answer, what).to.include('does not prove that it owns the key');
      }
      expect(await world.send((binding) => proveKey(key, binding))).to.include('waitingFor');
    });

    it('and names both keys itself, but to the others only the one that was shown', async () => {
      await using world = await MeetingWorld.start();
      await world.decide();
      const known = publicKeyFingerprint(world.keyOf(2));
      world.forgetKey(2);
      const stopped = rejection(world.coordinator.everyonePassed('start-etcd', 'Start etcd'));
      const told = await rejection(world.ask(2, { machineId: 'another' }));
      const shown = publicKeyFingerprint(world.keyOf(2));
      expect(told.code).to.equal('KEY_MISMATCH');
      expect(told.message).to.include(shown);
      expect(told.hint).to.include(`--accept-key 2=${shown}`);
      const other = await rejection(world.ask(1));
      for (const error of [told, other]) expect(JSON.stringify(error) + texts(error)).to.not.include(known);
      const here = await stopped;
      expect(here.message).to.include(shown).and.include(known);
    });

    it('which is on disk before anything is signed for it, though the server asks twice meanwhile', async () => {
      const written = Promise.withResolvers<undefined>();
      const events: string[] = [];
      await using world = await MeetingWorld.start({
        save: async () => {
          events.push('save');
          await written.promise;
          events.push('saved');
        },
        signer: () => {
          events.push('sign');
          return Promise.resolve(undefined);
        },
      });
      await world.decide();
      world.coordinator.phases.complete('revoke-lost-certificates');
      const request = { path: '/certificates', fields: { issue: 'final', requests } };
      const first = rejection(world.ask(1, {}, request));
      await waitFor(
        () =>
          Promise.resolve(events.includes('save') ? { done: true, value: true } : { done: false, seen: '' }),
        { what: 'the key to be written', timeout: 5000 },
      );
      // It must not be answered, which only a time can tell.
      expect((await rejection(world.ask(1, {}, { ...request, timeout: 300 }))).code).to.equal('TIMEOUT');
      written.resolve(undefined);
      await first;
      expect(events.slice(0, 3)).to.deep.equal(['save', 'saved', 'sign']);
    });
  });
});

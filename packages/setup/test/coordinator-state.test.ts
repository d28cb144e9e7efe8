import { Secret } from '@neco/core';
import { openHost, type HostWriter } from '@neco/host-installer';
import { expect } from 'chai';
import { createSetupSecret } from '@neco/rendezvous';
import { CoordinatorState } from '../src/meeting/coordinator-state.ts';

const ca = (name: string) => ({
  certificate: `certificate of ${name}`,
  privateKey: new Secret(`key of ${name}`),
});

describe("the coordinator's state", () => {
  const seal = { secret: createSetupSecret(), cluster: 'prod', lrns: [0, 1, 2] };

  /** This machine, but with one file in memory, whose writes take as long as a test says. */
  function hostWith(file: { text?: string }, slow: readonly Promise<unknown>[] = []): HostWriter {
    const waits = [...slow];
    return {
      ...openHost(),
      readText: () => Promise.resolve(file.text),
      makeDirectory: () => Promise.resolve(false),
      writeFile: async (_path, content) => {
        await waits.shift();
        file.text = content.toString();
        return true;
      },
    };
  }

  it('keeps what was saved last, though the save before takes longer', async () => {
    const file: { text?: string } = {};
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const host = hostWith(file, [promise]);
    const state = await CoordinatorState.load(host, seal);
    state.publicKeys.set(1, 'sha256:one');
    const first = state.save(host, seal);
    state.publicKeys.set(2, 'sha256:two');
    const second = state.save(host, seal);
    // The second would have all the time it needs to be written before the first.
    await new Promise(setImmediate);
    resolve(undefined);
    await Promise.all([first, second]);
    const read = await CoordinatorState.load(host, seal);
    expect([...read.publicKeys]).to.deep.equal([
      [1, 'sha256:one'],
      [2, 'sha256:two'],
    ]);
  });

  it('saves again when a save has failed', async () => {
    const file: { text?: string } = {};
    const host = hostWith(file, [Promise.reject(new Error('disk full'))]);
    const state = await CoordinatorState.load(host, seal);
    state.publicKeys.set(1, 'sha256:one');
    const failed = await state.save(host, seal).then(
      () => false,
      () => true,
    );
    expect(failed).to.equal(true);
    await state.save(host, seal);
    expect((await CoordinatorState.load(host, seal)).publicKeys.get(1)).to.equal('sha256:one');
  });

  it('tells what was signed for a server that has another key now, and keeps the life of each', async () => {
    const file: { text?: string } = {};
    const host = hostWith(file);
    const state = await CoordinatorState.load(host, seal);
    const signed = { issue: 'initial', authority: 'peer' } as const;
    state.publicKeys.set(1, 'sha256:one');
    state.publicKeys.set(2, 'sha256:two');
    state.noteSigned(0, [{ ...signed, certificate: 'of the coordinator' }]);
    state.noteSigned(1, [{ ...signed, certificate: 'of boot-1' }]);
    state.noteSigned(2, [{ ...signed, certificate: 'of the lost disk' }]);
    const life = state.lifeOf(2);
    expect(state.lifeOf(1)).to.not.equal(life);
    state.publicKeys.set(2, 'sha256:other');
    state.noteSigned(2, [{ ...signed, certificate: 'of the new disk' }]);
    await state.save(host, seal);
    const read = await CoordinatorState.load(host, seal);
    expect(read.lost().map(({ certificate }) => certificate)).to.deep.equal(['of the lost disk']);
    expect(read.lifeOf(2)).to.equal(life);
  });

  it('shows nobody without the secret what is in it, and gives it back whole', async () => {
    const file: { text?: string } = {};
    const host = hostWith(file);
    const state = await CoordinatorState.load(host, seal);
    state.authorities = { server: ca('server'), peer: ca('peer'), client: ca('client') };
    state.replaced.set(2, 'removed');
    await state.save(host, seal);
    const shown = `${file.text ?? ''}${Buffer.from(file.text ?? '', 'base64').toString('latin1')}`;
    expect(shown).to.not.include('key of').and.not.include('certificate of');
    const read = await CoordinatorState.load(host, seal);
    expect(read.authorities?.peer.privateKey.reveal()).to.equal('key of peer');
    expect(read.replaced.get(2)).to.equal('removed');
    const other = { ...seal, secret: createSetupSecret() };
    const error = await CoordinatorState.load(host, other).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'SECRET_INVALID');
  });
});

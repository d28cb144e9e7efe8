import { type NecoError, Secret } from '@neco/core';
import { freePorts, rejection, VaultProcess } from '@neco/test-harness';
import { Vault } from '@neco/vault-pki';
import { expect } from 'chai';
import { askedLogIn, type VaultUser } from '../../src/vault/vault-user.ts';

const name = 'ann';
const password = new Secret('correct horse battery staple');
const mistyped = { name, password: new Secret('corect horse battery staple') };

describe('a person who logs in to Vault', function () {
  this.timeout(60_000);
  let server: VaultProcess;
  let silent: Vault;
  /** What each question was asked with. */
  let refusals: (NecoError | undefined)[];

  before(async () => {
    server = await VaultProcess.startReady();
    const root = connect().withToken(server.rootToken);
    await root.auth.ensureUserpass();
    await root.auth.ensureUser(name, password, ['default']);
    const [port = 0] = await freePorts(1);
    silent = Vault.connect({ address: `https://127.0.0.1:${String(port)}`, ca: server.ca });
  });

  after(() => server.stop());

  beforeEach(() => {
    refusals = [];
  });

  const connect = (): Vault => Vault.connect({ address: server.address, ca: server.ca });

  /** Logs in with these answers, one after the other; then there is nothing more to try. */
  function answering(...answers: VaultUser[]): ReturnType<typeof askedLogIn> {
    return askedLogIn((refusal) => {
      refusals.push(refusal);
      return Promise.resolve(answers[refusals.length - 1]);
    });
  }

  it('is asked once, when a Vault that could not check the password is followed by one that accepts it', async () => {
    const person = answering({ name, password });
    expect((await rejection(person.logIn(silent))).retryable).to.equal(true);
    await (await person.logIn(connect())).lookupSelf();
    await person.logIn(connect());
    expect(refusals).to.deep.equal([undefined]);
    expect(person.name()).to.equal(name);
  });

  it('is asked again, when the first Vault could not check the password and the next one refuses it', async () => {
    const person = answering(mistyped, { name, password });
    expect((await rejection(person.logIn(silent))).retryable).to.equal(true);
    await (await person.logIn(connect())).lookupSelf();
    expect(refusals.map((refusal) => refusal?.code)).to.deep.equal([undefined, 'LOGIN_REFUSED']);
  });

  it('learns why the password was refused, when there is nothing more to try', async () => {
    const person = answering(mistyped);
    await rejection(person.logIn(silent));
    expect((await rejection(person.logIn(connect()))).code).to.equal('LOGIN_REFUSED');
    expect(person.name()).to.equal('');
  });
});

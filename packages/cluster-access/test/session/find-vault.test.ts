import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { NecoError } from '@neco/core';
import { rejection, TestCa } from '@neco/test-harness';
import { expect } from 'chai';
import { findVault } from '../../src/vault/find-vault.ts';

const address = `127.89.${String(process.pid % 250)}.1`;

describe('the search for a Vault', function () {
  this.timeout(20_000);
  let ca: TestCa;
  let server: Server | undefined;
  let heard = 0;

  before(async () => {
    ca = await TestCa.create('server CA');
  });

  afterEach(async () => {
    if (server === undefined) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    server = undefined;
  });

  /** Listens where this server's Vault should, with the certificate of another boot server of the same cluster. */
  async function impostor(): Promise<void> {
    const pair = await ca.issue({ commonName: 'boot-9', dnsNames: ['boot-9'], ipAddresses: [address] });
    heard = 0;
    server = createServer({ cert: pair.certificate, key: pair.key.reveal() }, (_, response) => {
      heard += 1;
      response.end();
    });
    server.on('tlsClientError', () => undefined);
    server.listen(8200, address);
    await once(server, 'listening');
  }

  async function failure(servers: ReadonlyMap<number, string>, own: number): Promise<NecoError> {
    return rejection(findVault({ servers, own, ca: ca.certificate }));
  }

  it('asks nothing of a server that shows the certificate of another, whether it is this one or not', async () => {
    await impostor();
    expect((await failure(new Map([[1, address]]), 1)).code).to.equal('CERTIFICATE_INVALID');
    expect((await failure(new Map([[1, address]]), 3)).code).to.equal('CERTIFICATE_INVALID');
    expect(heard).to.equal(0);
  });

  it('is worth trying again on a server that joins, and not on one of the cluster', async () => {
    const { code, retryable, message } = await failure(new Map([[1, address]]), 3);
    expect({ code, retryable }).to.deep.equal({ code: 'VAULT_UNREACHABLE', retryable: true });
    expect(message).to.include(address);
    expect((await failure(new Map([[1, address]]), 1)).retryable).to.equal(false);
  });

  it('reports first what says most, and the reasons of all', async () => {
    await impostor();
    const silent = address.replace(/1$/, '2');
    const { code, message } = await failure(
      new Map([
        [0, silent],
        [1, address],
      ]),
      0,
    );
    expect(code).to.equal('CERTIFICATE_INVALID');
    expect(message).to.include(silent).and.include(address);
  });
});

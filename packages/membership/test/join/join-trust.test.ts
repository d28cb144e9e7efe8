import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { ClusterAccess } from '@neco/cluster-access';
import { Secret, silentReporter } from '@neco/core';
import { rejection, TestCa, type IssuedCertificate } from '@neco/test-harness';
import { publicKeyFingerprint } from '@neco/vault-pki';
import { expect } from 'chai';
import { fetchAuthorities } from '../../src/join/fetch-authorities.ts';

const address = `127.88.${String(process.pid % 250)}.1`;
const present = new Map([[1, address]]);
const password = 'a password that must stay here';
const { signal } = new AbortController();

/** Listens where the Vault of boot-1 should, shows any certificate, answers with `body`, and keeps what it is sent. */
async function stranger(pair: IssuedCertificate, body: string): Promise<{ server: Server; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer({ cert: pair.certificate, key: pair.key.reveal() }, (request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
      heard.push(`${request.method ?? ''} ${request.url ?? ''} ${text}`.trim());
      response.end(body);
    })();
  });
  server.on('tlsClientError', () => undefined);
  server.listen(8200, address);
  await once(server, 'listening');
  return { server, heard };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

function logIn(ca: string): Promise<unknown> {
  return ClusterAccess.open({
    as: 'guest administrator',
    servers: present,
    lrn: 3,
    ca,
    prefix: '/neco/',
    signal,
    reporter: silentReporter,
    vaultUser: () => Promise.resolve({ name: 'admin', password: new Secret(password) }),
  });
}

describe('the trust of a server that joins', function () {
  this.timeout(20_000);

  let cluster: TestCa;
  let other: TestCa;

  before(async () => {
    cluster = await TestCa.create('the CA of the cluster');
    other = await TestCa.create('the CA of somebody else');
  });

  it('asks whoever answers for the CA and nothing else, and gives the fingerprint of its key', async () => {
    const { server, heard } = await stranger(await other.issue({ commonName: 'x' }), cluster.certificate);
    try {
      const fingerprint = publicKeyFingerprint(cluster.certificate);
      const shown = await fetchAuthorities(present, [fingerprint], signal);
      expect(shown.authorities.map((one) => one.fingerprint)).to.deep.equal([fingerprint]);
      expect(heard).to.deep.equal(['GET /v1/ca/server/ca/pem']);
    } finally {
      await close(server);
    }
  });

  it('sends no password to one that shows the right CA but has a certificate of another', async () => {
    const pair = await other.issue({ commonName: 'boot-1', dnsNames: ['boot-1'], ipAddresses: [address] });
    const { server, heard } = await stranger(pair, cluster.certificate);
    try {
      expect((await rejection(logIn(cluster.certificate))).code).to.equal('CERTIFICATE_INVALID');
      expect(heard).to.deep.equal([]);
    } finally {
      await close(server);
    }
  });

  it('sends no password to a server of the cluster that stands at the address of another', async () => {
    const pair = await cluster.issue({ commonName: 'boot-9', dnsNames: ['boot-9'], ipAddresses: [address] });
    const { server, heard } = await stranger(pair, '');
    try {
      expect((await rejection(logIn(cluster.certificate))).code).to.equal('CERTIFICATE_INVALID');
      expect(heard).to.deep.equal([]);
    } finally {
      await close(server);
    }
  });

  it('takes nothing for a CA that is none', async () => {
    const leaf = await cluster.issue({ commonName: 'boot-1' });
    for (const body of [leaf.certificate, 'hello', 'x'.repeat(100_000)]) {
      const { server } = await stranger(leaf, body);
      try {
        const { code, message } = await rejection(fetchAuthorities(present, [''], signal));
        expect({ code, named: message.includes(`boot-1 (${address})`) }).to.deep.equal({
          code: 'VAULT_UNREACHABLE',
          named: true,
        });
      } finally {
        await close(server);
      }
    }
  });
});

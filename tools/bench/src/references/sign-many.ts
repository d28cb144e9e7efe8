import { execFileSync } from 'node:child_process';
import { Agent, request } from 'node:https';
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { logInAsAdministrator, vaultAt } from './connect-vault.ts';

// Has Vault sign so many certificates of an application, over connections that stay open, and prints how many it took.
const [address = '', name = '', count = ''] = process.argv.slice(2);

/** Requests at a time: more of them do not make two cores faster. */
const width = 16;

const vault = vaultAt(address);
await logInAsAdministrator(vault);
const csr = execFileSync(
  'sh',
  [
    '-euc',
    'umask 077; key=$(mktemp); openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$key"; rm "$key"',
    'sh',
    name,
  ],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
);
const body = JSON.stringify({ csr, common_name: name });
const agent = new Agent({
  keepAlive: true,
  maxSockets: width,
  ca: readFileSync('/etc/neco/ca/server.crt'),
});
let [begun, signed] = [0, 0];
await Promise.all(
  Array.from({ length: width }, async () => {
    while (begun < Number(count)) {
      begun += 1;
      await sign();
      signed += 1;
    }
  }),
);
agent.destroy();
await vault.tokenRevokeSelf();
process.stdout.write(`${String(signed)}\n`);

async function sign(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { 'X-Vault-Token': vault.token };
  const url = `https://${address}:8200/v1/ca/etcd-client/sign/${name}`;
  request(url, { agent, method: 'PUT', headers }, resolve).on('error', reject).end(body);
  const answer = await promise;
  const said = await buffer(answer);
  if (answer.statusCode !== 200) throw new Error(`Vault signed nothing: ${said.toString()}`);
}

import { waitFor } from '@neco/core';
import { expect } from 'chai';
import type { Server } from '../../../src/server/server.ts';
import { etcdctl, etcdValue, vault, vaultOf } from '../../../src/cluster/stock-clients.ts';

/**
 * Lets the certificates of all servers run out, as the initial ones do when setup is interrupted for longer than they
 * live: the same keys and names, signed by the same CAs in the Vault of the first server, for some seconds. Then all lose
 * power and boot, so that no connection of before is left.
 */
export async function expireCertificates(servers: readonly Server[]): Promise<void> {
  const [leader] = servers;
  if (leader === undefined) return;
  const value = (await etcdValue(leader, '/neco/vault-root-token')) ?? '';
  await Promise.all(
    servers.map(async (server) => {
      const home = '/root/vault-expire';
      await server.run(['mkdir', '-p', '-m', '0700', home]);
      const environment = { VAULT_ADDR: vaultOf(leader) };
      const logIn = await vault(server, home, ['login', '-no-print', '-'], { input: value, environment });
      expect(logIn.exitCode, logIn.stderr).to.equal(0);
      const argv = ['sh', '-euc', signScript, 'sh', `${server.which}`, server.address, vaultOf(leader)];
      await server.run(argv, { environment: { HOME: home }, timeout: 60_000 });
    }),
  );
  await Promise.all(servers.map((server) => server.run(['sh', '-euc', swapScript])));
  await waitFor(
    async () => {
      const ended = await Promise.all(servers.map((server) => server.exec(['sh', '-euc', expiredScript])));
      return ended.every(({ exitCode }) => exitCode === 0)
        ? { done: true, value: true }
        : { done: false, seen: 'they are still good' };
    },
    { what: 'the certificates to run out', timeout: 30_000 },
  );
  await Promise.all(servers.map((server) => server.crash()));
  await Promise.all(servers.map((server) => server.boot()));
  const { exitCode } = await etcdctl(leader, 'neco', ['get', '/neco/', '--prefix', '--keys-only']);
  expect(exitCode, 'etcd can be reached with certificates that have run out').to.not.equal(0);
}

/** Place, CA, role and common name of each pair; those of servers carry addresses too. */
const pairs = `
/etc/neco/server ca/server boot-$1 boot-$1 addressed
/etc/etcd/server ca/server listener-$1 boot-$1 addressed
/etc/etcd/peer ca/etcd-peer boot-$1 boot-$1 addressed
/etc/vault/server ca/server listener-$1 boot-$1 addressed
/etc/vault/etcd ca/etcd-client vault-$1 vault-$1 plain
/etc/neco/etcd ca/etcd-client neco-$1 neco-$1 plain
`;

const signScript = `
export VAULT_ADDR="$3" VAULT_CACERT=/etc/neco/ca/server.crt
while read -r place mount role name kind; do
  [ -n "$place" ] || continue
  openssl req -new -key "$place.key" -subj "/CN=$name" -out /tmp/expire.csr
  set -- "$1" "$2" "$3" csr=@/tmp/expire.csr "common_name=$name" ttl=3s
  [ "$kind" = plain ] || set -- "$@" alt_names=localhost "ip_sans=$2,127.0.0.1"
  lrn=$1 address=$2 url=$3
  shift 3
  vault write -field=certificate "$mount/sign/$role" "$@" >"$place.expired"
  set -- "$lrn" "$address" "$url"
done <<EOF${pairs}EOF
`;

const places =
  '/etc/neco/server /etc/etcd/server /etc/etcd/peer /etc/vault/server /etc/vault/etcd /etc/neco/etcd';

const swapScript = `
for place in ${places}; do
  cat "$place.expired" >"$(readlink -f "$place.crt")"
  rm "$place.expired"
done
`;

const expiredScript = `
for place in ${places}; do
  if openssl x509 -in "$place.crt" -noout -checkend 0; then exit 1; fi
done
`;

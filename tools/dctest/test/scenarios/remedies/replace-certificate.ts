import { expect } from 'chai';
import { namesOf, certificateKinds, authorities, type CertificateKindName } from '@neco/cluster-access';
import type { Server } from '../../../src/server/server.ts';
import { logInAsBootServer } from '../steps/vault-log-in.ts';
import { shell } from '../steps/refusal.ts';

/** How `vault` asks for the password, and how it is given without a terminal. */
const prompt = 'vault login -no-print -method=userpass username=ADMINISTRATOR';
const typed =
  'tr -d "\\n" </root/admin-password | vault login -no-print -method=userpass username=admin password=-';

/**
 * Pastes the line by which status has a certificate replaced, on the server that it names.
 * @returns the line as it was printed
 */
export async function pasteReplacement(hint: string, servers: readonly Server[]): Promise<string> {
  const [, name = '', line = ''] = /^on (boot-\d+), as a Vault administrator: (.*)$/.exec(hint) ?? [];
  const server = servers.find((one) => one.name === name);
  if (server === undefined) throw new Error(`no server in the hint: ${hint}`);
  expect(line).to.include(prompt);
  await shell(server, `export HOME=/root; ${line.replace(prompt, typed)}`);
  return line;
}

/** Has a server's certificates of these kinds signed again for so long, with new keys, and puts them in place. */
export async function shorten(
  server: Server,
  kinds: readonly CertificateKindName[],
  ttl: string,
  { reload = true } = {},
): Promise<void> {
  const vault = await logInAsBootServer(server);
  const lrn = Number(server.which);
  const { address } = server;
  const places: string[] = [];
  for (const kindName of kinds) {
    const kind = certificateKinds[kindName];
    const { dnsNames, ipAddresses } = namesOf(kind, lrn, address);
    const names = [
      ...(dnsNames.length === 0 ? [] : [`alt_names=${dnsNames.slice(1).join(',')}`]),
      ...(ipAddresses.length === 0 ? [] : [`ip_sans=${ipAddresses.join(',')}`]),
      `ttl=${ttl}`,
    ];
    const { mount } = authorities[kind.authority];
    const signed = await vault.sign(mount, kind.role(lrn), kind.commonName(lrn), ...names);
    expect(signed.exitCode, signed.stderr).to.equal(0);
    const base = `/root/short-${kindName}`;
    await shell(server, `cp ${signed.certificate} ${base}.crt; cp ${signed.key} ${base}.key`);
    places.push(
      `cat ${base}.key >${kind.keyPath}; cat ${base}.crt >${kind.certificatePath}; rm ${base}.key ${base}.crt`,
    );
  }
  // All at once: with the new ones nothing else may be done meanwhile.
  await shell(server, `${places.join('\n')}\n${reload ? 'systemctl reload vault' : ''}`);
}

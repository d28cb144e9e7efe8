import { NecoError, type Phase } from '@neco/core';
import {
  certificateFacts,
  checkCertificate,
  createKey,
  createSigningRequest,
  renewalTime,
} from '@neco/vault-pki';
import { dirname, join } from 'node:path';
import type { InitLocalContext, InitLocalView } from '../init-local-context.ts';

type InitLocalPhase = Phase<InitLocalView, InitLocalContext>;

/** The CA by which the application knows etcd's servers. */
export const putAuthority: InitLocalPhase = {
  id: 'put-authority',
  title: 'Put the CA of etcd in place',
  isDone: async ({ host, files, serverCa }) => (await host.readText(files.ca)) === serverCa,
  plan: ({ files }) => [`write ${files.ca}`],
  async run({ host, files, serverCa }) {
    // A directory that is there is the application's own, with the mode that it wants.
    if ((await host.stat(files.directory)) === undefined)
      await host.makeDirectory(files.directory, { mode: 0o755 });
    await host.writeFile(files.ca, serverCa, { mode: 0o644 });
  },
};

/** Its certificate, with a key made here. It is noted before it is used, so that none can be left out of a revocation. */
export const issueApplicationCertificate: InitLocalPhase = {
  id: 'issue-certificate',
  title: 'Have its certificate signed',
  isDone: async (view) => !view.force && (await certificateFault(view)) === undefined,
  async plan(view) {
    const reason = view.force ? 'because of --force' : ((await certificateFault(view)) ?? '');
    return [`make a key, have it signed and write ${view.files.certificatePath}: ${reason}`];
  },
  async run(context) {
    const { name, host, files, owner, clientCa } = context;
    const key = await createKey();
    const csr = await createSigningRequest(key, { commonName: name });
    const certificate = await context.sign(csr);
    const fault = checkCertificate({ certificate, key, ca: clientCa, commonName: name, usages: ['client'] });
    if (fault !== undefined) {
      throw new NecoError(
        'CERTIFICATE_INVALID',
        `the certificate that Vault signed for ${name} is of no use: ${fault}`,
        {
          hint: `have an administrator run neco init ${name} again, which repairs the signing role`,
        },
      );
    }
    await context.note(certificateFacts(certificate));
    await host.writePair({ ...files, certificate, key, owner });
  },
};

/** The application's package may have come after the certificate. */
export const giveToApplication: InitLocalPhase = {
  id: 'give-to-application',
  title: "Give the files to the application's user",
  async isDone({ host, files, owner }) {
    const store = join(dirname(files.keyPath), '.pairs', 'etcd', 'current', 'tls.key');
    const status = (await host.stat(store)) ?? (await host.stat(files.keyPath));
    return status?.owner === owner && status.mode === 0o600;
  },
  plan: ({ files, owner }) => [`give ${files.keyPath} to ${owner}`],
  async run({ host, files, owner }) {
    const pair = await host.readPair(files);
    if (pair !== undefined) await host.writePair({ ...files, ...pair, owner });
  },
};

/** Why this server needs another certificate for the application; undefined when it has a good one. */
async function certificateFault(view: InitLocalView): Promise<string | undefined> {
  const { name, lrn, host, files, clientCa } = view;
  const pair = await host.readPair(files);
  if (pair === undefined) return 'there is none';
  const fault = checkCertificate({ ...pair, ca: clientCa, commonName: name, usages: ['client'] });
  if (fault !== undefined) return fault;
  const { serial, notAfter } = certificateFacts(pair.certificate);
  if (renewalTime(pair.certificate).getTime() < Date.now())
    return `it is near its end, ${notAfter.toISOString()}`;
  const noted = (await view.application())?.certificates.find((one) => one.lrn === lrn);
  return noted?.serial === serial ? undefined : 'it is not the one that is noted for this server';
}

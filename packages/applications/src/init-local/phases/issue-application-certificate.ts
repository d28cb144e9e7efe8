import { NecoError, type Phase } from '@neco/core';
import {
  certificateFacts,
  checkCertificate,
  createKey,
  createSigningRequest,
  renewalTime,
} from '@neco/vault-pki';
import type { InitLocalContext, InitLocalView } from '../init-local-context.ts';

/** Its certificate, with a key made here. It is noted before it is used, so that none can be left out of a revocation. */
export const issueApplicationCertificate: Phase<InitLocalView, InitLocalContext> = {
  id: 'issue-certificate',
  title: 'Have its certificate signed',
  isDone: async (view) => !view.force && (await certificateFault(view)) === undefined,
  async plan(view) {
    const reason = view.force ? 'because of --force' : ((await certificateFault(view)) ?? '');
    return [`create a key, have its certificate signed and write ${view.files.certificatePath}: ${reason}`];
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
        `the certificate that Vault signed for ${name} is not valid: ${fault}`,
        {
          hint: `have a Vault administrator repair the signing role: neco init ${name}`,
        },
      );
    }
    await context.note(certificateFacts(certificate));
    await host.writePair({ ...files, certificate, key, owner });
  },
};

/** Why this server needs another certificate for the application; undefined when it has a good one. */
async function certificateFault(view: InitLocalView): Promise<string | undefined> {
  const { name, lrn, host, files, clientCa, revoked } = view;
  const pair = await host.readPair(files);
  if (pair === undefined) return 'there is none';
  const fault = checkCertificate({ ...pair, ca: clientCa, commonName: name, usages: ['client'] });
  if (fault !== undefined) return fault;
  const { serial, notAfter } = certificateFacts(pair.certificate);
  if (renewalTime(pair.certificate).getTime() < Date.now())
    return `it expires soon, on ${notAfter.toISOString()}`;
  if (revoked.includes(serial)) return 'it is revoked';
  const noted = (await view.application())?.certificates.find((one) => one.lrn === lrn);
  return noted?.serial === serial ? undefined : 'it is not the one recorded for this server';
}

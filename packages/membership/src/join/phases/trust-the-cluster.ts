import { NecoError, waitFor, type Phase } from '@neco/core';
import { authorityFingerprints, paths } from '@neco/cluster-access';
import { refuseJoin } from '../refuse-join.ts';
import { clockFindings } from '../findings/clock-findings.ts';
import { fetchAuthorities, type ShownAuthorities } from '../fetch-authorities.ts';
import type { JoinContext, JoinView } from '../join-context.ts';

/** How long another active Vault may take when one has just died, in ms. */
const patience = 45_000;

/** Fetches the cluster's CA over a connection that is worth nothing, and believes a person's fingerprint of it. */
export const trustTheCluster: Phase<JoinView, JoinContext> = {
  id: 'trust-the-cluster',
  title: 'Verify the cluster CA',
  isDone: ({ world, record }) => world.isJoined(record),
  plan: () => ["fetch the cluster's server CA and hold it against the hash that you bring"],
  async run(context) {
    const { addresses, options, signal, host, record, reporter } = context;
    const known = await host.readText(paths.authorities.server);
    // What an earlier run of this join put there was held against the hash that its record names.
    if (known !== undefined && record !== undefined && authorityFingerprints(known).includes(record.caHash)) {
      await refuseOtherClocks(context);
      context.ca = known;
      return;
    }
    const expected = (await options.caHash()).split(',');
    const shown = await waitFor(
      async () => ({ done: true, value: await fetchAuthorities(addresses, expected, signal) }),
      {
        what: 'a boot server to present its CA',
        timeout: patience,
        signal,
        onState: (text) => {
          reporter.state(text);
        },
      },
    );
    const trusted = shown.authorities.filter(({ fingerprint }) => expected.includes(fingerprint));
    if (trusted.length === 0) throw mismatch(shown, expected);
    await refuseOtherClocks(context);
    context.ca = trusted.map(({ certificate }) => certificate).join('');
  },
};

/** Before anything is signed, and before a certificate that is good could be refused for the time. */
async function refuseOtherClocks({ addresses, signal }: JoinContext): Promise<void> {
  const findings = await clockFindings(addresses, signal);
  if (findings.length > 0) throw refuseJoin(findings);
}

function mismatch({ from, authorities }: ShownAuthorities, expected: readonly string[]): NecoError {
  const shown = authorities.map(({ fingerprint }) => fingerprint).join(' and ');
  return new NecoError(
    'CA_MISMATCH',
    `${from} presents a CA with the fingerprint ${shown}, not ${expected.join(' or ')}`,
    {
      hint: 'run "neco ca-hash" on a boot server of the cluster and give the fingerprint that it prints; if you gave that one, another machine answers at this address. No password was sent',
    },
  );
}

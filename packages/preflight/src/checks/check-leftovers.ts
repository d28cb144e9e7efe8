import type { ErrorDetail } from '@neco/core';
import { paths } from '@neco/cluster-access';
import type { Check } from './check.ts';

/** Where another cluster would have left its traces; files under `names` only, where neco's own configuration lies too. */
const places: readonly { path: string; what: string; names?: RegExp }[] = [
  { path: paths.etcdData, what: 'etcd data' },
  { path: paths.etcdDirectory, what: 'etcd configuration or certificates' },
  { path: paths.vaultDirectory, what: 'Vault configuration or certificates' },
  {
    path: paths.necoDirectory,
    what: 'files',
    names: /\.(crt|key)$|^neco-(updater|worker)\.yml$|^\.pairs$/,
  },
  { path: paths.authorityDirectory, what: 'certificate authorities' },
];

/** Nothing of another cluster lies here. What does is named and left alone: it may be all that is left of that cluster. */
export const checkLeftovers: Check = async ({ host, resuming, leftovers }) => {
  if (resuming || leftovers === 'put aside') return [];
  const findings = await Promise.all(
    places.map(async ({ path, what, names = /^/ }): Promise<ErrorDetail[]> => {
      const found = ((await host.list(path)) ?? []).filter(
        (name) => names.test(name) && name !== 'lost+found',
      );
      return found.length === 0 ? [] : [explain(path, what, found, leftovers?.hint)];
    }),
  );
  return findings.flat();
};

function explain(path: string, what: string, found: readonly string[], otherHint?: string): ErrorDetail {
  const shown = found.slice(0, 5).join(', ');
  const more = found.length > 5 ? ` and ${String(found.length - 5)} more` : '';
  return {
    message: `${path} contains ${what} of another cluster or an earlier setup: ${shown}${more}`,
    hint:
      otherHint ??
      `if this server has permanently left that cluster, move these files away, as in "mv ${path}/${found[0] ?? ''} /root/"; neco does not delete them`,
  };
}

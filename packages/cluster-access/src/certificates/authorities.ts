/** The three certificate authorities, each a PKI mount of its own. */
export const authorityNames = ['server', 'peer', 'client'] as const;

export type AuthorityName = (typeof authorityNames)[number];

export const authorities: Readonly<Record<AuthorityName, { mount: string; commonName: string }>> = {
  server: { mount: 'ca/server', commonName: 'neco server CA' },
  peer: { mount: 'ca/etcd-peer', commonName: 'neco etcd peer CA' },
  client: { mount: 'ca/etcd-client', commonName: 'neco etcd client CA' },
};

/** Life of a CA: ten years, in hours. */
export const authorityLifeHours = 10 * 365 * 24;

/** Life of a leaf: ninety days, in hours. */
export const leafLifeHours = 90 * 24;

/**
 * Life of the first leaves, which only carry setup until Vault reissues them, in hours: a setup that was left half done
 * goes on a week later, for these are what its servers speak with.
 */
export const initialLeafLifeHours = 7 * 24;

/** The record of one value for each authority. */
export type PerAuthority<T> = Record<AuthorityName, T>;

/** The versions of the servers, as go.mod in etcd/ and vault/ requires them. */
export const serverVersions = { etcd: '3.7.3', vault: '1.21.1' } as const;

import { NecoError } from '@neco/core';

/** What a server in strange hands knew, which no revocation takes back. */
export function compromisedError(name: string): NecoError {
  return new NecoError(
    'VERIFICATION_FAILED',
    `${name} has left, but as it was in strange hands this is not done`,
    {
      hint: 'rotate each of them, and look into the audit log of Vault for what it had signed',
      details: [
        { message: 'the unseal key of Vault, which it read from etcd', hint: 'vault operator rekey' },
        { message: 'the barrier key of Vault, whose data it had in etcd', hint: 'vault operator rotate' },
        {
          message:
            'the three CAs (ca/server, ca/etcd-peer, ca/etcd-client), whose keys lie in that data: a new CA each, then all certificates anew',
          hint: 'vault write ca/server/root/rotate/internal, and so on',
        },
        {
          message: 'what applications keep in etcd, and the passwords of users of Vault',
          hint: 'change them',
        },
      ],
    },
  );
}

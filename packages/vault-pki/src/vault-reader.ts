import type { VaultAuth } from './auth/vault-auth.ts';
import type { Pki } from './pki/pki.ts';
import type { VaultSystem } from './system/vault-system.ts';

/** One Vault for code that only looks: none of these functions changes anything. */
export interface VaultReader {
  readonly system: Pick<
    VaultSystem,
    'barrierKeyTerm' | 'health' | 'leader' | 'policy' | 'probe' | 'sealStatus' | 'state'
  >;
  readonly auth: Pick<VaultAuth, 'certRole' | 'certRoleCa' | 'revokedForLogin' | 'tokens'>;
  pki(
    mount: string,
  ): Pick<
    Pki,
    | 'caCertificate'
    | 'certificate'
    | 'certificates'
    | 'crl'
    | 'hasSigningRole'
    | 'issuerLists'
    | 'revoked'
    | 'signingRoleFaults'
    | 'signingRoleUnits'
  >;
}

export type { TokenFacts } from './auth/own-token.ts';
export type { AccessorFacts, CertificateRole, CertificateRoleFacts, VaultAuth } from './auth/vault-auth.ts';
export * from './configuration/policies.ts';
export * from './configuration/vault-configuration.ts';
export type { VaultConnection } from './edge/vault-connection.ts';
export { freshCertificates, type CertificateOrder, type IssuedPair } from './pki/fresh-certificates.ts';
export type { ExportedCa, Pki, Revocation } from './pki/pki.ts';
export type { SignedCertificate, SignRequest } from './pki/sign.ts';
export type { SigningRole } from './pki/signing-role.ts';
export type { VaultProbe, VaultState } from './system/vault-state.ts';
export type {
  InitializedVault,
  VaultHealth,
  VaultLeader,
  VaultSealStatus,
  VaultSystem,
} from './system/vault-system.ts';
export type { VaultReader } from './vault-reader.ts';
export { Vault } from './vault.ts';
export { certificateFacts, type CertificateFacts } from './x509/certificate-facts.ts';
export type { CertificateNames } from './x509/certificate-names.ts';
export { checkCertificate, type CertificateExpectation } from './x509/check-certificate.ts';
export { combineCrls } from './x509/combine-crls.ts';
export { createKey } from './x509/create-key.ts';
export { createSelfSigned } from './x509/create-self-signed.ts';
export { createSigningRequest } from './x509/create-signing-request.ts';
export { isCrlOf } from './x509/is-crl-of.ts';
export { parseCrl, type CrlFacts } from './x509/parse-crl.ts';
export { publicKeyFingerprint } from './x509/public-key-fingerprint.ts';
export { splitCertificates } from './x509/split-certificates.ts';
export { renewalTime } from './x509/renewal-time.ts';

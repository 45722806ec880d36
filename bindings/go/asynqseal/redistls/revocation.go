// SPDX-License-Identifier: MIT

package redistls

import (
	"bytes"
	"crypto/x509"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// checkRevocation wants a list of each CA in the chain, and none of its certificates on one. The root's own list covers
// the root too. What a list can't tell is an error: it fails closed.
func checkRevocation(chain []*x509.Certificate, lists []*x509.RevocationList, now time.Time) error {
	for i, c := range chain {
		issuer := chain[min(i+1, len(chain)-1)]
		list, err := listOf(issuer, lists, now)
		if err != nil {
			return err
		}
		for _, entry := range list.RevokedCertificateEntries {
			if entry.SerialNumber.Cmp(c.SerialNumber) == 0 {
				return refused(taskseal.ErrCertRevoked, "certificate `%s` is revoked: issue a new one with a new key", subject(c))
			}
		}
	}
	return nil
}

// listOf gives the newest list of an issuer that can count, or why none can.
func listOf(issuer *x509.Certificate, lists []*x509.RevocationList, now time.Time) (*x509.RevocationList, error) {
	var newest *x509.RevocationList
	why := "is not in `crl`: add it"
	for _, list := range lists {
		if !bytes.Equal(list.RawIssuer, issuer.RawSubject) {
			continue
		}
		if rule := brokenRule(list, issuer, now); rule != "" {
			why = rule
		} else if newest == nil || list.ThisUpdate.After(newest.ThisUpdate) {
			newest = list
		}
	}
	if newest == nil {
		return nil, refused(taskseal.ErrCRLUnusable, "the revocation list of `%s` %s", subject(issuer), why)
	}
	return newest, nil
}

func brokenRule(list *x509.RevocationList, issuer *x509.Certificate, now time.Time) string {
	switch {
	case issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0:
		return "can't count: its CA's key usage lacks cRLSign: issue the CA's certificate anew"
	case issuer.CheckSignature(list.SignatureAlgorithm, list.RawTBSRevocationList, list.Signature) != nil:
		return "has a wrong signature: it was changed, or another CA of the same name made it: fetch it anew"
	case now.Before(list.ThisUpdate):
		return "is not valid before " + clock(list.ThisUpdate) + ": check this host's clock"
	case now.After(list.NextUpdate):
		return "is stale: it was to be replaced by " + clock(list.NextUpdate) + ": put the new one into `crl`"
	}
	for _, extension := range list.Extensions {
		if extension.Critical { // also one that narrows its scope
			return "has a critical extension that is not known here: let the CA issue one without"
		}
	}
	for _, entry := range list.RevokedCertificateEntries {
		for _, extension := range entry.Extensions {
			if extension.Critical {
				return "has an entry with a critical extension that is not known here: let the CA issue one without"
			}
		}
	}
	return ""
}

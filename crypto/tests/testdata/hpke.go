// Seals a payload as crypto/src/sealed.rs does, with Go's own HPKE, and prints it in
// hexadecimal: `go run hpke.go > sealed-by-go.hex` (Go 1.26). With a file name it opens
// that payload instead: `go run hpke.go FILE`. The key's seed is 32 bytes of 9.
package main

import (
	"bytes"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func main() {
	secret := must(hpke.MLKEM768X25519().NewPrivateKey(bytes.Repeat([]byte{9}, 32)))
	key := secret.PublicKey()
	id := sha256.Sum256(key.Bytes())
	header := append(append([]byte("SNRGSEAL"), 1), id[:8]...)
	if len(os.Args) == 1 {
		sent, sender, err := hpke.NewSender(key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), header)
		must(sent, err)
		chunk := must(sender.Seal([]byte{1}, []byte("sealed by Go's crypto/hpke")))
		fmt.Println(hex.EncodeToString(append(append(header, sent...), chunk...)))
		return
	}
	sealed := must(os.ReadFile(os.Args[1]))
	header, rest := sealed[:17], sealed[17:]
	opener := must(hpke.NewRecipient(rest[:1120], secret, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), header))
	for rest = rest[1120:]; ; rest = rest[65552:] {
		if len(rest) <= 65552 {
			os.Stdout.Write(must(opener.Open([]byte{1}, rest)))
			return
		}
		os.Stdout.Write(must(opener.Open([]byte{0}, rest[:65552])))
	}
}

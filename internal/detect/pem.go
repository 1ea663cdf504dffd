package detect

import "bytes"

// maxPEMLabel is over how many bytes the label of a PEM block is looked for.
const maxPEMLabel = 64

// pem looks at the first line of a PEM block, from whose dashes i stands. A
// private key is masked from there to the end of its last line, or of the whole
// text: what was cut off on the way is still a key. Certificates and public keys
// stay. The line ends may be escaped, or gone.
func (f *finder) pem(i int) {
	for i > 0 && f.text[i-1] == '-' {
		i--
	}
	label := f.text[i:min(len(f.text), i+maxPEMLabel)]
	if bytes.Contains(label, []byte("PRIVATE KEY")) {
		f.add(i, f.endOfPEM(i), PrivateKey)
	}
}

// endOfPEM returns where the block that begins at i ends. The answer is
// remembered: blocks that do not end have the same one.
func (f *finder) endOfPEM(i int) int {
	if f.block.start <= i && i < f.block.end {
		return f.block.end
	}
	end := i
	for {
		k := bytes.Index(f.text[end:], []byte("END "))
		if k < 0 {
			end = len(f.text)
			break
		}
		end += k
		if b := f.text[:end]; bytes.HasSuffix(b, []byte("---")) || bytes.HasSuffix(b, []byte("--- ")) {
			end += 4
			end += f.count(labels, end, maxPEMLabel)
			end += f.count(dashes, end, 5)
			break
		}
		end += 4
	}
	f.block = span{i, end}
	return end
}

// putty looks at the first line of a private key in the form of PuTTY, from i on.
// All of it is masked.
func (f *finder) putty(i int) { f.add(i, len(f.text), PrivateKey) }

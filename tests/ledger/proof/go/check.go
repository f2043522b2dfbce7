// Check reads one JSON case from standard input and lets Go's own sumdb/note and sumdb/tlog judge it.
//
// It answers with JSON: for each note whether Go opens it and which text it reads, a note that Go signs, and the proofs
// that Go makes for the same leaves. A proof of ours that Go refuses is a failure here, as is one that it should refuse.
package main

import (
	"encoding/base64"
	"encoding/json"
	"log"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Size, Index int64
	Proof       []string
	Good        bool
}

type consistency struct {
	Old, New int64
	Proof    []string
	Good     bool
}

type input struct {
	Vkeys         []string
	Skey          string
	Text          string
	Notes         [][]byte
	Leaves        [][]byte
	Roots         []string
	Inclusions    []inclusion
	Consistencies []consistency
}

type output struct {
	Opened        []*string
	Signed        []byte
	Inclusions    [][]string
	Consistencies [][]string
}

// memory keeps the hashes of a tree in the order in which sumdb stores them.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, index := range indexes {
		hashes = append(hashes, m[index])
	}
	return hashes, nil
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func parse(text string) (hash tlog.Hash) {
	data, err := base64.StdEncoding.DecodeString(text)
	must(err)
	if copy(hash[:], data) != tlog.HashSize {
		log.Fatalf("%q is no hash", text)
	}
	return hash
}

func parseAll(texts []string) (hashes []tlog.Hash) {
	for _, text := range texts {
		hashes = append(hashes, parse(text))
	}
	return hashes
}

func format(hashes []tlog.Hash) []string {
	texts := []string{}
	for _, hash := range hashes {
		texts = append(texts, hash.String())
	}
	return texts
}

func main() {
	var in input
	var out output
	must(json.NewDecoder(os.Stdin).Decode(&in))

	var verifiers []note.Verifier
	for _, vkey := range in.Vkeys {
		verifier, err := note.NewVerifier(vkey)
		must(err)
		verifiers = append(verifiers, verifier)
	}
	for _, message := range in.Notes {
		opened, err := note.Open(message, note.VerifierList(verifiers...))
		if err != nil {
			out.Opened = append(out.Opened, nil)
		} else {
			out.Opened = append(out.Opened, &opened.Text)
		}
	}

	signer, err := note.NewSigner(in.Skey)
	must(err)
	out.Signed, err = note.Sign(&note.Note{Text: in.Text}, signer)
	must(err)

	var hashes memory
	for index, leaf := range in.Leaves {
		stored, err := tlog.StoredHashes(int64(index), leaf, hashes)
		must(err)
		hashes = append(hashes, stored...)
		root, err := tlog.TreeHash(int64(index+1), hashes)
		must(err)
		if root != parse(in.Roots[index+1]) {
			log.Fatalf("size %d: Go has root %v", index+1, root)
		}
	}

	for _, each := range in.Inclusions {
		leaf := tlog.RecordHash(in.Leaves[each.Index])
		err := tlog.CheckRecord(parseAll(each.Proof), each.Size, parse(in.Roots[each.Size]), each.Index, leaf)
		if (err == nil) != each.Good {
			log.Fatalf("inclusion of %d in %d: %v", each.Index, each.Size, err)
		}
		proof, err := tlog.ProveRecord(each.Size, each.Index, hashes)
		must(err)
		out.Inclusions = append(out.Inclusions, format(proof))
	}
	for _, each := range in.Consistencies {
		newRoot, oldRoot := parse(in.Roots[each.New]), parse(in.Roots[each.Old])
		err := tlog.CheckTree(parseAll(each.Proof), each.New, newRoot, each.Old, oldRoot)
		if (err == nil) != each.Good {
			log.Fatalf("consistency of %d with %d: %v", each.New, each.Old, err)
		}
		proof, err := tlog.ProveTree(each.New, each.Old, hashes)
		must(err)
		out.Consistencies = append(out.Consistencies, format(proof))
	}
	must(json.NewEncoder(os.Stdout).Encode(out))
}

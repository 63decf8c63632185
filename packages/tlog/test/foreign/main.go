// A C2SP client that is not ours: golang.org/x/mod/sumdb checks a log's folder (checkpoint, tile/..., log.vkey).
// It verifies the Ed25519 signature, reads every bundle and every tile, recomputes the root from the entries and
// proves some of them. It prints "ok ORIGIN SIZE ROOT" or exits with 1.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

type folder string

func (f folder) read(path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), filepath.FromSlash(path)))
}

// sumdb names tiles tile/<height>/<level>/...; C2SP fixes the height, leaves it out and calls data entries.
func c2spPath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

type reader struct{ folder }

func (r reader) Height() int                     { return height }
func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}
func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if data[i], err = r.read(c2spPath(tile)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		list[i] = h[index]
	}
	return list, nil
}

func checkpoint(f folder) (origin string, tree tlog.Tree, err error) {
	vkey, err := f.read("log.vkey")
	if err != nil {
		return "", tree, err
	}
	verifier, err := note.NewVerifier(strings.TrimSuffix(string(vkey), "\n"))
	if err != nil {
		return "", tree, err
	}
	signed, err := f.read("checkpoint")
	if err != nil {
		return "", tree, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return "", tree, fmt.Errorf("checkpoint of %q", lines[0])
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return "", tree, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || copy(tree.Hash[:], root) != tlog.HashSize || len(root) != tlog.HashSize {
		return "", tree, fmt.Errorf("root %q", lines[2])
	}
	return lines[0], tree, nil
}

// entries reads one bundle: uint16 length and bytes, as many as the tree says.
func entries(f folder, n, count int64) ([][]byte, error) {
	bundle, err := f.read(c2spPath(tlog.Tile{H: height, L: -1, N: n, W: int(count)}))
	if err != nil {
		return nil, err
	}
	var list [][]byte
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("bundle %d is cut off", n)
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		list = append(list, bundle[2:end])
		bundle = bundle[end:]
	}
	if int64(len(list)) != count {
		return nil, fmt.Errorf("bundle %d has %d entries, not %d", n, len(list), count)
	}
	return list, nil
}

func check(f folder) (string, error) {
	origin, tree, err := checkpoint(f)
	if err != nil {
		return "", err
	}
	tiles := tlog.TileHashReader(tree, reader{f})
	var own hashes
	for n := int64(0); n*width < tree.N; n++ {
		list, err := entries(f, n, min(width, tree.N-n*width))
		if err != nil {
			return "", err
		}
		var indexes []int64
		for i, entry := range list {
			stored, err := tlog.StoredHashes(n*width+int64(i), entry, own)
			if err != nil {
				return "", err
			}
			own = append(own, stored...)
			indexes = append(indexes, tlog.StoredHashIndex(0, n*width+int64(i)))
		}
		published, err := tiles.ReadHashes(indexes)
		if err != nil {
			return "", err
		}
		for i, entry := range list {
			if published[i] != tlog.RecordHash(entry) {
				return "", fmt.Errorf("entry %d does not hash to its tile", n*width+int64(i))
			}
		}
	}
	root, err := tlog.TreeHash(tree.N, own)
	if err != nil || root != tree.Hash {
		return "", fmt.Errorf("the entries give the root %v, %v", root, err)
	}
	return fmt.Sprintf("ok %s %d %s", origin, tree.N, root), prove(tree, tiles, own)
}

// prove checks proofs made from the published tiles.
func prove(tree tlog.Tree, tiles tlog.HashReader, own hashes) error {
	for _, n := range []int64{0, tree.N / 2, tree.N - 1} {
		path, err := tlog.ProveRecord(tree.N, n, tiles)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(path, tree.N, tree.Hash, n, own[tlog.StoredHashIndex(0, n)]); err != nil {
			return err
		}
		older, err := tlog.TreeHash(n+1, own)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(tree.N, n+1, tiles)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, n+1, older); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	message, err := check(folder(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(message)
}

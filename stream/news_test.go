package stream

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestNewsAreMergedAndBounded(t *testing.T) {
	var n news
	for _, x := range []numbers{{0, 2}, {2, 5}, {7, 8}, {8, 9}, {3, 4}} {
		n.add(&entry{first: x.from, end: x.to})
	}
	taken := n.take(5)
	if want := []numbers{{7, 9}}; !slices.Equal(taken, want) || len(n) > 0 {
		t.Errorf("got %v above 5 and %v left, want %v and none", taken, n, want)
	}
	n.add(&entry{first: 9, end: 10})
	n.giveBack(taken)
	if want := (news{{7, 9}, {9, 10}}); !slices.Equal(n, want) {
		t.Errorf("got %v, want %v", n, want)
	}
	for i := range uint64(2 * maxNews) {
		n.add(&entry{first: 100 + 2*i, end: 101 + 2*i})
	}
	n.giveBack([]numbers{{1, 2}})
	if len(n) != maxNews || n[maxNews-1].from != 100+4*maxNews-2 {
		t.Errorf("got %d news, the last %v; want the last %d", len(n), n[len(n)-1], maxNews)
	}
}

// News of routes travel with blocks, also those of routes that need nothing of the block.
func TestNewsAreInTheBlock(t *testing.T) {
	names := []string{"a", "b", "c"}
	x := &bale{page: somePage(6), routes: []int{1}, ranges: [][]span{{{0, 6}}}}
	x.news = [][]numbers{{{1 << 40, 1<<40 + 3}}, {{2, 4}, {9, 10}}, nil}
	x.pack(func(i int) string { return names[i] }, func(uint32) []byte { return []byte{1} })
	needs, err := unpackMeta(x.block.Meta, x.block.Records)
	if err != nil || len(needs) != 2 {
		t.Fatalf("got %v and %v, want two routes", needs, err)
	}
	for _, y := range needs {
		i := slices.Index(names, y.route)
		if !reflect.DeepEqual(y.done, x.news[i]) || (y.n > 0) != (i == 1) {
			t.Errorf("route %q: got %+v, want the news %v", y.route, y, x.news[i])
		}
	}
}

func TestWhatIsToldToBeSettledIsNotSentAgain(t *testing.T) {
	found := []*entry{{first: 0, end: 2}, {first: 2, end: 5}, {first: 5, end: 6}, {first: 10, end: 20}}
	for _, e := range found {
		e.needs = []need{{where: inStore, n: 1}, {where: inStore, n: 1}}
	}
	settleFound(found, []settling{{0, numbers{2, 6}}, {1, numbers{9, 19}}, {1, numbers{1, 5}}, {0, numbers{100, 200}}})
	var left [2][]int
	for i, e := range found {
		for r := range left {
			if e.needed(r) {
				left[r] = append(left[r], i)
			}
		}
	}
	// A part of a block settles nothing.
	if want := [2][]int{{0, 3}, {0, 2, 3}}; !reflect.DeepEqual(left, want) {
		t.Errorf("got the entries %v needed, want %v", left, want)
	}
}

// Records that a destination has refused while their calls waited are settled, not in vain.
func TestARefusedRecordIsNotWaitedForInVain(t *testing.T) {
	s := newStream(t, refuser(), durably(storeDir(t), time.Minute)...)
	p := newProducer(s)
	for range 50 {
		p.put(errorSeverity, "x")
	}
	wantDurable(t, s, 50, 0)
	flush(t, s)
}

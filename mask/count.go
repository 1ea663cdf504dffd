package mask

// Count tells how often one detector or pattern has found something.
type Count struct {
	// Detector is the name of the detector or pattern. "key" is also for values that
	// were masked for the keys before them, "reserved" for keys that only a stream may
	// use, and that were marked.
	Detector string
	// Values is how many values, or pieces of texts, it has found.
	Values uint64
}

// Masked returns how many values and pieces of texts were replaced, and fields and
// attributes removed, since the Masker was made. A map that is replaced as a whole
// counts once; a value that held its marker before does not count. With WithDryRun
// it is what would have been replaced.
func (m *Masker) Masked() uint64 { return m.masked.Load() }

// Malformed returns how many records, resources and scopes were replaced
// because they could not be read, since the Masker was made.
func (m *Masker) Malformed() uint64 { return m.malformed.Load() }

// Counts returns what each detector and pattern has found since the Masker was
// made, those that have found nothing left out.
func (m *Masker) Counts() []Count {
	var list []Count
	for i := range m.found {
		if n := m.found[i].Load(); n > 0 {
			list = append(list, Count{m.rules[i].name, n})
		}
	}
	if n := m.reserved.Load(); n > 0 {
		list = append(list, Count{reservedName, n})
	}
	return list
}

// countEdits counts what a walk has found.
func (m *Masker) countEdits(s *scratch) {
	m.masked.Add(uint64(s.values))
	for i := range s.edits {
		switch id := s.edits[i].id; {
		case id >= 0:
			m.found[id].Add(1)
		case id == reservedID:
			m.reserved.Add(1)
		}
	}
}

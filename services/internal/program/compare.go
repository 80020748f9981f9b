package program

// ChangeKind is how a field changes.
type ChangeKind uint8

// Kinds of changes.
const (
	ChangeUnset ChangeKind = iota
	ChangeAdded
	ChangeRemoved
	ChangeChanged
)

// Change is one field that is not what it was. Was or Is is empty where there was or is no such field.
type Change struct {
	Kind    ChangeKind
	Path    string
	Was, Is string
}

// Compare lists what changes from one programme to another, in the order of the file; what is gone stands where it stood.
// Was is nil before the first revision: then everything is added.
func Compare(was, is *Program) []Change {
	var before []Field
	if was != nil {
		before = was.Fields()
	}
	after := is.Fields()
	now, then := byPath(after), byPath(before)
	var changes []Change
	passed := 0 // fields of before that have been told
	goneUpTo := func(end int) {
		for ; passed < end; passed++ {
			if f := before[passed]; !has(now, f.Path) {
				changes = append(changes, Change{ChangeRemoved, f.Path, f.Value, ""})
			}
		}
	}
	for _, f := range after {
		at, known := then[f.Path]
		if !known {
			changes = append(changes, Change{ChangeAdded, f.Path, "", f.Value})
			continue
		}
		goneUpTo(at + 1)
		if old := before[at].Value; old != f.Value {
			changes = append(changes, Change{ChangeChanged, f.Path, old, f.Value})
		}
	}
	goneUpTo(len(before))
	return changes
}

// byPath is where the field of each path stands.
func byPath(fields []Field) map[string]int {
	at := make(map[string]int, len(fields))
	for i, f := range fields {
		at[f.Path] = i
	}
	return at
}

func has(at map[string]int, path string) bool {
	_, ok := at[path]
	return ok
}

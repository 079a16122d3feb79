package freemarker

// The syntax tree: expressions, and the elements of a template.

// expr is an expression. eval returns a missing value, not an error, for a
// variable that does not exist.
type expr interface {
	eval(e *env) (Value, error)
	at() pos
}

type (
	stringNode struct {
		pos
		s     string
		parts []stringPart // nil unless it has interpolations
	}
	// stringPart is either text or an interpolation.
	stringPart struct {
		text string
		out  interpolation
	}
	numberNode struct {
		pos
		v Value
	}
	boolNode struct {
		pos
		v Value
	}
	listNode struct {
		pos
		items    []expr
		constant Value // the list itself when all items are literals
	}
	hashNode struct {
		pos
		keys, values []expr
	}
	// identNode is a variable. If the parser knows that it is the variable of
	// an enclosing loop, lambda or nested content, depth is the number of
	// frames in between. If it is a local variable of the macro, slot is its
	// index there. If the template assigns it, place is its index among the
	// variables that the template assigns.
	identNode struct {
		pos
		name  string
		depth int32
		which frameVar
		param int32
		slot  int32
		place int32
		hint  uint32 // where this name was in the previous data model, as a first guess
	}
	// specialNode is a special variable, such as .now.
	specialNode struct {
		pos
		name  string
		fixed Value // known at parse time
	}
	parenNode struct {
		pos
		x expr
	}
	dotNode struct {
		pos
		target expr
		key    string
		hint   uint32 // position of this key in the last map
	}
	indexNode struct {
		pos
		target, key expr
		lazy        bool
	}
	callNode struct {
		pos
		target expr
		callArgs
	}
	// builtinNode is target?name, with its arguments if a call follows
	// directly.
	builtinNode struct {
		pos
		target expr
		bi     *builtin
		args   []expr
		called bool
		lazy   bool  // the result may be generated while it is consumed
		limit  int32 // ?size need not count beyond this; 0 means no limit
		format *outputFormat
		code   *codeEscaping // set for ?eval and ?interpret
	}
	defaultNode struct {
		pos
		x, other expr // other is nil for x!
	}
	existsNode struct {
		pos
		x expr
	}
	notNode struct {
		pos
		x expr
	}
	signNode struct {
		pos
		x        expr
		minus    bool
		constant Value
	}
	// chainNode is first op x op x …, for operators of the same precedence.
	chainNode struct {
		pos
		first expr
		rest  []chainLink
		// integers holds all operands, if each of them may be computed as an
		// integer; steps is how many steps that takes.
		integers []integer
		steps    int
	}
	chainLink struct {
		op byte // + - * / %
		x  expr
	}
	compareNode struct {
		pos
		l, r expr
		op   compareOp
	}
	rangeNode struct {
		pos
		from, to expr
		kind     rangeKind
	}
	// logicNode is x && x && …, or x || x || ….
	logicNode struct {
		pos
		xs []expr
		or bool
	}
	lambdaNode struct {
		pos
		params []string
		body   expr
	}
	// fixedNode is an expression whose value is already known.
	fixedNode struct {
		pos
		v Value
	}
)

// frameVar identifies a variable of a frame.
type frameVar uint8

const (
	varNone frameVar = iota
	varFirst
	varSecond
	varIndex
	varHasNext
	varParam
)

type compareOp uint8

const (
	opEqual compareOp = iota
	opNotEqual
	opLess
	opGreater
	opLessEqual
	opGreaterEqual
)

type rangeKind uint8

const (
	rangeInclusive rangeKind = iota
	rangeExclusive
	rangeUnbound
	rangeSized
)

// node is an element of a template: text, an interpolation or a directive.
type node interface {
	exec(e *env) error
	base() *element
	// inside returns the node's group of children, or nil if it cannot have
	// any.
	inside() *group
}

// element is the part that all nodes have in common. The links are used only to
// strip white space.
type element struct {
	pos
	endLine int32
	index   int32
	parent  node
}

func (n *element) base() *element { return n }

func (n *element) inside() *group { return nil }

// group is an element that contains others.
type group struct {
	element
	kids []node
}

func (n *group) inside() *group { return n }

// children returns the nodes that a node contains.
func children(n node) []node {
	if g := n.inside(); g != nil {
		return g.kids
	}
	return nil
}

// interpolation is ${…} or #{…}, in text or in a string literal.
type interpolation interface {
	node
	// result returns the text, or markup.
	result(e *env) (Value, error)
}

type (
	textNode struct {
		element
		text string
	}
	outputNode struct {
		element
		x       expr
		format  *outputFormat
		autoEsc bool
	}
	numberOutputNode struct {
		element
		x                expr
		hasFormat        bool
		minFrac, maxFrac int
		format           *outputFormat // nil unless auto-escaping
	}
	// blockNode runs its children: the root, branches, and directives that only
	// matter to the parser.
	blockNode struct {
		group
		kind blockKind
		cond expr // condition of #if, #elseif and #case
	}
	ifNode struct {
		group // the branches, as blockNodes
	}
	loopNode struct {
		group
		x          expr
		var1, var2 string
		hash       bool
		otherwise  *blockNode
	}
	// loopElseNode holds a loop and its #else.
	loopElseNode struct {
		group
		loop *loopNode
	}
	itemsNode struct {
		group
		var1, var2 string
	}
	sepNode    struct{ group }
	switchNode struct {
		group
		x     expr
		cases []*blockNode
	}
	assignNode struct {
		element
		scope assignScope
		name  string
		place int32 // index among the local or the assigned variables, or -1
		op    tokenKind
		x     expr
		ns    expr
	}
	assignListNode  struct{ group }
	blockAssignNode struct {
		group
		scope  assignScope
		name   string
		place  int32 // as in assignNode
		ns     expr
		format *outputFormat
	}
	macroNode struct {
		group
		def *macroDef
	}
	// userCallNode is <@name …>.
	userCallNode struct {
		group
		x expr
		callArgs
		params    []string // parameters of the nested content
		hasParams bool
		legacy    bool // <#call>
	}
	nestedNode struct {
		element
		args []expr
	}
	returnNode struct {
		element
		x    expr
		last bool // at the end of the macro
	}
	stopNode struct {
		element
		x expr
	}
	attemptNode struct {
		group
		body    node
		recover *blockNode
	}
	compressNode struct{ group }
	settingNode  struct {
		element
		name string
		x    expr
	}
	jumpNode struct { // #break and #continue
		element
		signal error
	}
	refusedNode struct { // #include and #import
		element
		what     string
		name     expr
		encoding expr // nil if it is a constant
		parse    expr // nil if it is a constant
		optional expr // set for #include: do nothing if there is no such template
	}
	transformNode struct {
		group
		x    expr
		args []namedArg
	}
	// visitNode is #visit, #recurse or #fallback, which fail because they need
	// an XML node.
	visitNode struct {
		element
		what string
		x    expr
	}
	silentNode struct { // such as a comment, #flush or #t
		element
		kind        blockKind
		left, right bool
	}
)

type blockKind uint8

const (
	blockMixed blockKind = iota
	blockIf
	blockElseIf
	blockElse
	blockCase
	blockDefault
	blockRecover
	blockEscape
	blockOutputFormat
	blockAutoEsc
	blockLoopElse
	silentComment
	silentFlush
	silentTrim
)

type assignScope uint8

const (
	scopeNamespace assignScope = iota
	scopeGlobal
	scopeLocal
)

type namedArg struct {
	name string
	x    expr
}

// macroDef is the definition of a macro or function.
type macroDef struct {
	pos
	name      string
	place     int32 // index of its name among the assigned variables, or -1
	params    []string
	defaults  []expr // by parameter; nil if it has no default
	catchAll  string
	slots     nameList // the parameters, the catch-all and all other locals
	catchSlot int32
	function  bool
	needsArgs bool   // uses .args
	body      *group // whose children it runs
}

func (d *macroDef) hasParam(name string) int {
	if i := int(d.slots.find(name)); i < len(d.params) {
		return i
	}
	return -1
}

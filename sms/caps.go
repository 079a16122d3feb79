package sms

// The payloads of CapsSmsWorkflow, which counts the messages that all workers
// together send to numbers with the same prefix.

// CapsSmsInput is the input of CapsSmsWorkflow.
type CapsSmsInput struct {
	// Counted holds the counts of earlier runs, by key.
	Counted map[string]*CapCount `json:"counted,omitempty"`
}

// CapCount counts the messages that were reserved for a key.
type CapCount struct {
	// Seconds is the length of the time window.
	Seconds int `json:"seconds"`
	// Parts holds how many messages were reserved in each 60th of the
	// window. The keys are the ordinal numbers of the 60ths since the Unix
	// epoch.
	Parts map[int64]int `json:"parts"`
}

// CapTake is a request to reserve Count messages. A negative Count gives back
// reserved messages that were not sent.
type CapTake struct {
	// Key identifies the count: it consists of the account, the prefix and
	// the window.
	Key   string `json:"key"`
	Count int    `json:"count"`
	// Most is the maximum number of messages within Seconds.
	Most    int `json:"most"`
	Seconds int `json:"seconds"`
	// At is the At of the result that reserved the messages, if Count is
	// negative. Older workers leave it at 0. Their requests give back the
	// messages that were reserved most recently.
	At int64 `json:"at,omitempty"`
}

// TakeCapsInput is the argument of [TakeCapsUpdate].
type TakeCapsInput struct {
	Takes []CapTake `json:"takes"`
}

// TakeCapsResult is the result of [TakeCapsUpdate].
type TakeCapsResult struct {
	// Taken is how many messages were reserved for each [CapTake], in the
	// same order.
	Taken []int `json:"taken"`
	// At is when the messages were reserved, in Unix seconds.
	At int64 `json:"at,omitempty"`
}

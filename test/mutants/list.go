package main

// The list of protections, each with the test that fails without it. The
// promises are those of docs/architecture.md.

// mutant removes one protection from a file.
type mutant struct {
	// promise is the promise that the protection keeps, by its name in
	// docs/architecture.md.
	promise string
	// what names the protection in a few words.
	what string
	// file is the file's path in the repository; old, which occurs in it once,
	// is replaced by new.
	file, old, new string
	// pkg and test are the package and the test that must fail; some of its
	// subtests may pass.
	pkg, test string
}

var mutants = []mutant{
	// The right phone.
	{"The right phone", "an extension is refused", "activities/address.go", `case extension.MatchString(text):`, `case false:`, "activities", "TestRefusedAddressIsExplained"},
	{"The right phone", "a rounded number is refused", "activities/address.go", `case exponent.MatchString(text):`, `case false:`, "activities", "TestRefusedAddressIsExplained"},
	{"The right phone", "two numbers in one are refused", "activities/address.go", `case strings.Count(text, "+") > 1 ||`, `case false &&`, "activities", "TestRefusedAddressIsExplained"},
	{"The right phone", "an unknown channel is refused", "activities/address.go", `	default:
		return "", fmt.Errorf("%s is not a channel;`, `	default:
		_ = fmt.Errorf("%s is not a channel;`, "activities", "TestAddressIsParsedOrRefused|TestRefusedAddressIsExplained"},
	{"The right phone", "a number that may begin with an area code or a country code is refused", "activities/address.go", `strings.HasPrefix(digits, code)`, `false && code != ""`, "activities", "TestRefusedAddressIsExplained|TestAddressIsParsedOrRefused"},
	{"The right phone", "a dialing prefix is not part of a number", "activities/address.go", `&& !plan.prefix.MatchString(number)`, ``, "activities", "TestWholeNumberNeedsNoParser"},
	{"The right phone", "a phone that is listed in two spellings is texted once", "activities/send.go", `case seen[party]:`, `case seen[given.To]:`, "activities", "TestPhoneSpelledTwoWaysTextedOnce"},
	{"The right phone", "a number in a note after a tab is not a recipient", "broadcast/records.go", `separators != "\t" && unicode.IsSpace(r)`, `r == ' ' && unicode.IsSpace(r)`, "broadcast", "TestTablesAreReadLeniently"},
	{"The right phone", "quiet hours keep duplicates of a phone together", "activities/quiet.go", `if seen[party] && !in.Together {`, `if false {`, "workflows", "TestQuietHoursDoNotDuplicatePhone"},

	// Nobody twice.
	{"Nobody twice", "a second attempt puts the first few recipients in doubt", "activities/send.go", `if to.written < firstFew && to.state == untried {`, `if false {`, "activities", "TestSecondAttemptDoubtsTheFirstFew"},
	{"Nobody twice", "a recipient is recorded before the create", "activities/progress.go", `	to.open = true
	if to.state == doubtful {
`, `	if to.state == doubtful {
`, "test/chaos", "TestNobodyIsTextedTwiceThroughCrashes"},
	{"Nobody twice", "a recipient whose create had begun is in doubt", "activities/progress.go", `if to.state != doubtful {`, `if false {`, "activities", "TestDoubtsAreLookedUpFirst|TestRecordSurvivesAnAttempt"},
	{"Nobody twice", "a record of another list puts everyone in doubt", "activities/progress.go", `if r.List != s.list || !r.fits(len(s.recipients)) {`, `if !r.fits(len(s.recipients)) {`, "activities", "TestForeignRecordDoubtsEveryone"},
	{"Nobody twice", "a listing that is cut off does not prove absence", "activities/doubt.go", `case len(maybe) == 0 && listing.Whole:`, `case len(maybe) == 0:`, "activities", "TestFullListingProvesNothing"},
	{"Nobody twice", "absence counts only after the listing has had time to catch up", "activities/doubt.go", `!now.Before(s.complete) && !now.Before(ripe)`, `!now.Before(s.complete)`, "activities", "TestAbsenceCountsOnlyAfterThePatience"},
	{"Nobody twice", "a recipient in doubt is texted again only a few times", "activities/doubt.go", `s.resends >= mostResends, `, ``, "activities", "TestResendsAreLimited"},
	{"Nobody twice", "a send waits while Twilio does not list what it sent", "activities/send.go", `== 0 && !silent ||`, `== 0 ||`, "activities", "TestSendWaitsForSilentTwilio"},
	{"Nobody twice", "a send waits for a listing that lags", "activities/doubt.go", `	if lags {
		return now`, `	if false {
		return now`, "activities", "TestSendWaitsForLaggingListing"},
	{"Nobody twice", "a send does not wait for a listing that is refused", "activities/doubt.go", `l.silent = missed != nil && sms.AsError(missed).Retryable`, `l.silent = missed != nil`, "activities", "TestSendWaitsForSilentTwilio"},
	{"Nobody twice", "each attempt waits for a listing that lags", "activities/doubt.go", `later(s.quiet, l.began).Add(`, `s.quiet.Add(`, "activities", "TestLagWaitRestartsEachAttempt"},
	{"Always completes", "received texts do not hide how far the listing lags", "activities/doubt.go", `{{Limit: 20}, own}`, `{{Limit: 20}}`, "activities", "TestReceivedTextsDoNotHideSent"},
	{"Nobody twice", "received texts do not show how far the listing lags", "activities/doubt.go", `if r.Direction != "inbound" && r.To != "" &&`, `if r.To != "" &&`, "activities", "TestOnlySentMessagesShowTheLag"},
	{"Nobody twice", "a create that has begun is finished even if its send ends", "activities/round.go", `s.within(context.WithoutCancel(ctx), s.lastEnd())`, `s.within(ctx, s.lastEnd())`, "activities", "TestCreateThatBeganIsFinished"},
	{"Always completes", "a create ends before the attempt does", "activities/round.go", `s.within(context.WithoutCancel(ctx), s.lastEnd())`, `context.WithCancel(context.WithoutCancel(ctx))`, "activities", "TestCreateThatBeganIsFinished"},
	{"Nobody twice", "filling the pool does not count as Twilio's pace", "activities/round.go", `if began >= atOnce {`, `if true {`, "activities", "TestFullPoolShowsThePace"},
	{"Nobody twice", "few recipients are recorded ahead of their creates", "activities/round.go", `max(least, min((3*ahead+16*(s.begun-began))/4, mostAhead))`, `max(least, (3*ahead+16*(s.begun-began))/4)`, "activities", "TestFastListNeedsFewRecords"},
	{"Nobody twice", "records are stored one at a time", "activities/heart.go", `	h.turn <- struct{}{}
	defer func() { <-h.turn }()
`, ``, "activities", "TestCreatesFollowTheirRecords"},
	{"Nobody twice", "a recipient is tried only after the record is stored", "activities/round.go", `		s.asked += len(batch)
`, `		s.asked += len(batch)
		s.named = s.asked
		s.news.Broadcast()
`, "activities", "TestCreatesFollowTheirRecords"},
	{"Nobody twice", "a failed listing is requested again", "activities/doubt.go", `return l.misses < leastPasses ||`, `return`, "activities", "TestSlowFailedListingIsRetried"},
	{"Nobody twice", "an attempt that only looks up messages does not postpone the decision", "activities/progress.go", `if len(r.Window) > 0 && !r.Timed {`, `if len(r.Window) > 0 {`, "activities", "TestDecisionIsNotPostponedByLooking"},
	{"Nobody twice", "a new doubt postpones the decision", "activities/progress.go", `			r.Timed = false
`, ``, "activities", "TestNewDoubtWaitsForTwilioAgain"},
	{"Nobody twice", "a listed text with different quotes does not count as absent", "activities/doubt.go", `skeleton(r.Body) == skeleton(to.content.body)`, `false`, "activities", "TestChangedTextIsUnknown"},
	{"Nobody twice", "a different rendering does not count as absent", "activities/doubt.go", `|| !rendering ||`, `|| rendering && false ||`, "activities", "TestDifferentRenderingLeavesDoubt"},
	{"Nobody twice", "time during which the machine sleeps counts", "activities/attempt.go", `return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))`, `return now.Sub(since)`, "activities", "TestSleepTimeCounts"},
	{"Nobody twice", "an attempt that may have been replaced creates nothing", "activities/attempt.go", `if !t.heart.fresh() || t.total() > 0`, `if t.total() > 0`, "activities", "TestSleepTimeCounts"},
	{"Nobody twice", "a create is checked at the last moment", "activities/round.go", `				return s.check()
`, `				return nil
`, "activities", "TestCreateEndsWithAReplacedAttempt"},
	{"Nobody twice", "a worker without the account asks for another attempt", "activities/send.go", `if s.account.Gateway == nil {
		return time.Time{}, false`, `if false {
		return time.Time{}, false`, "activities", "TestRetryWithoutAccountIsRetried"},
	{"Nobody twice", "a fault is not retried as if nothing had started", "activities/once.go", `whole.Retryable = whole.Code != sms.CodeUnknown && whole.Code != sms.CodeOutcomeUnknown`, `whole.Retryable = true`, "activities", "TestPanickedSendIsNotSentAgain"},
	{"Nobody twice", "a fault during a retry is reported as an unknown outcome", "activities/sendsms.go", `	if retried {
		fault.Code`, `	if false {
		fault.Code`, "activities", "TestPanickedSendIsNotSentAgain"},
	{"Nobody twice", "an attempt that gives up records its progress", "activities/send.go", `return s.another(ctx, delay, "the attempt was abandoned")`, `return again("the attempt was abandoned", delay, cause)`, "activities", "TestAbandonedAttemptIsRecorded"},
	{"Always completes", "the end of a round does not interrupt a heartbeat", "activities/round.go", `	pool.Wait()
	clerk.Wait()
`, `	pool.Wait()
	if s.halt != nil {
		s.heart.cancel(context.Canceled)
	}
	clerk.Wait()
`, "activities", "TestHaltLetsAHeartbeatEnd"},
	{"Nobody twice", "an attempt that starts late writes a record first", "activities/attempt.go", `return waited < prompt && !behind.Load() && !late`, `return !late`, "activities", "TestLateAttemptIsRecordedFirst"},
	{"Nobody twice", "an attempt that starts late by Twilio's clock writes a record first", "activities/attempt.go", `return waited < prompt && !behind.Load() && !late`, `return waited < prompt && !behind.Load() && (late || !late)`, "activities", "TestLateAttemptIsRecordedFirst"},
	{"Nobody twice", "an attempt after a reset is not the first", "worker/run.go", `activities.KeepRequestIDs, activities.NoticeResets`, `activities.KeepRequestIDs`, "test/e2e", "TestResetSendTextsNobodyTwice"},
	{"Nobody twice", "a machine that slept waits for Twilio", "activities/send.go", `	s.untimed = true
	if until`, `	if until`, "activities", "TestWokenMachineWaitsForTwilio"},
	{"Nobody twice", "a listing that lacks known messages does not prove absence", "activities/doubt.go", `	case lags:
		s.complete = time.Time{}`, `	case false && lags:
		s.complete = time.Time{}`, "activities", "TestFrozenListingProvesNothing"},
	{"Nobody twice", "a scheduled message does not end a listing", "twilio/messages.go", `case !r.sent.IsZero() && r.sent.Before(q.Since):`, `case !r.Created.IsZero() && r.Created.Before(q.Since):`, "twilio", "TestScheduledMessageDoesNotEndListing"},
	{"Always completes", "an explanation fits into a heartbeat", "twilio/failure.go", `if len(explanation) <= maxExplanation {`, `if true {`, "twilio", "TestHugeExplanationIsCut"},
	{"Always completes", "nobody waits longer than an hour for Twilio", "twilio/exchange.go", `min(seconds, 3600)`, `seconds`, "twilio", "TestRetryAfterIsBounded"},
	{"Always completes", "a page of long texts is read", "twilio/exchange.go", `const maxResponse = 32 << 20`, `const maxResponse = 4 << 20`, "twilio", "TestPageOfLongTextsIsRead"},
	{"Nobody twice", "a proxy does not set the clock", "twilio/exchange.go", `if requestID != "" {`, `if true {`, "twilio", "TestProxyDoesNotSetTheClock"},
	{"Nobody twice", "a lost response does not count as a refusal", "activities/round.go", `case problem.Code == sms.CodeOutcomeUnknown:
		s.disturb()`, `case false:
		s.disturb()`, "activities", "TestSingleDoubtIsResolved"},

	// Nobody else's message.
	{"Nobody else's message", "a message of another send is not adopted", "activities/ledger.go", `l.owners[m.SID] = owner`, `_ = owner`, "activities", "TestMessageOfAnotherSendNotAdopted"},
	{"Nobody else's message", "a message that may belong to several sends leaves the outcome unknown", "activities/doubt.go", `sure <= s.ledger.rivals(s.owner, to.to, to.content.body, s.anyText()) ||`, ``, "activities", "TestMessageOfAnotherSendNotAdopted"},
	{"Nobody else's message", "two names for one account have the same ledger", "activities/ledger.go", `account.SID != "" {`, `false {`, "activities", "TestNamesOfOneAccountShareLedger"},
	{"Nobody else's message", "a received copy of a message is not adopted", "activities/doubt.go", `r.Direction == "inbound" || r.To != to.to`, `r.To != to.to`, "activities", "TestReceivedCopyIsNotAdopted"},
	{"Nobody else's message", "a listing that is cut off names no message", "activities/doubt.go", `alone := whole && len(maybe)`, `alone := len(maybe)`, "activities", "TestCutOffListingNamesNoMessage"},
	{"Nobody else's message", "a message older than the record is not adopted", "activities/send.go", `m.from = m.sure.Add(-dateSlack)`, `m.from = time.Unix(1, 0)`, "activities", "TestOlderMessageIsNotAdopted"},

	{"Nobody else's message", "the URL of a callback names the run", "activities/callback.go", `if run := s.info.WorkflowExecution.RunID; run != "" {`, `if run := s.info.WorkflowExecution.RunID; false {`, "activities", "TestCallbackProvesAccountAndNamesRecipient"},

	// Always completes.
	{"Always completes", "a panic still returns a result", "activities/sendsms.go", `		if recover() != nil {
			logPanic(ctx)
			result, err = s.broken(retried(ctx)), nil
		}
`, ``, "activities", "TestSendSmsCompletesAfterPanic"},
	{"Always completes", "the last attempt completes without the key", "activities/attempt.go", `!room || !activity.HasHeartbeatDetails(ctx)`, `room && false || !activity.HasHeartbeatDetails(ctx)`, "activities", "TestLastAttemptCompletesWithoutTheKey"},
	{"Always completes", "a stopping worker leaves doubts to another worker", "activities/send.go", `room, _ = s.allows(delay)`, `_, _ = s.allows(delay)`, "activities", "TestStoppingWorkerLeavesDoubtsToAnother"},
	{"Always completes", "look-ups before the listing is complete do not count as misses", "activities/doubt.go", `l.unanswered(!waits && missed != nil,`, `l.unanswered(missed != nil,`, "activities", "TestIncompleteLooksLeaveNoDoubt"},
	{"Always completes", "a failed listing is requested again after a pause", "activities/doubt.go", `		return until, true // ask again`, `		return now, true // ask again`, "activities", "TestFailingListingIsRarelyRequested"},
	{"Always completes", "a listing that panics does not end the worker", "activities/doubt.go", `listing, err = twilio.Listing{}, errPanicked`, `panic(errPanicked)`, "activities", "TestPanickingListingIsUnanswered"},
	{"Always completes", "a message that listings hide does not resolve a doubt", "activities/send.go", `at = time.Time{} // l`, `_ = time.Time{} // l`, "activities", "TestHiddenNumberProvesNoLag"},
	{"The sender is told the truth", "a recipient stays in doubt until the text is sent again", "activities/round.go", `	if to.state == doubtful {
		return
	}
	s.set(to, st, problem)`, `	s.set(to, st, problem)`, "activities", "TestRefusedResendResolvesNoDoubt"},
	{"The sender is told the truth", "a resent text does not hide the first one", "activities/progress.go", `if to.state == doubtful && to.sum != sum {`, `if false {`, "activities", "TestResendKeepsTheFirstText"},
	{"The sender is told the truth", "a cancellation is not reported as a reached cap", "activities/capcount.go", `	if ctx.Err() != nil || s.halted() {
		return nil, errUncounted
	}
	if a.isReached(key) {
		return limit, nil
	}
	asked := a.wait(key, 0) + s.following(key)
	answer, err := s.activities.capCount.reserve(ctx, s.activities.counts(ctx), limit.request(key, asked))
	if err != nil && ctx.Err() != nil {
		`, `	if s.halted() {
		return nil, errUncounted
	}
	if a.isReached(key) {
		return limit, nil
	}
	asked := a.wait(key, 0) + s.following(key)
	answer, err := s.activities.capCount.reserve(ctx, s.activities.counts(ctx), limit.request(key, asked))
	if false {
		`, "activities", "TestCancellationIsNotReportedAsCap"},
	{"Always completes", "a cancelled attempt has a result", "activities/send.go", `!cancelled && room {`, `room {`, "activities", "TestCancelledAttemptHasResult"},
	{"Always completes", "a claim expires", "activities/ledger.go", ` && time.Now().Before(c.until) {`, ` {`, "activities", "TestClaimExpires"},
	{"Always completes", "a send that has begun does not check its schedule again", "activities/send.go", `if !s.resumed {
		return checkSchedule`, `if true {
		return checkSchedule`, "activities", "TestResumedScheduleIsNotCheckedAgain"},
	{"The right phone", "a result names recipients as they were parsed", "activities/round.go", `		message.To = to.to
`, ``, "activities", "TestResultNamesRecipientsAsParsed"},
	{"Always completes", "the result is returned before the deadline", "activities/attempt.go", `return t.total() - min(t.total()/10, 2*time.Second)`, `return t.total()`, "activities", "TestAttemptLeavesTimeForResult"},
	{"Always completes", "a result fits into a payload", "activities/address.go", `const most = 60`, `const most = 1 << 20`, "activities", "TestHostileAddressFitsIntoPayload"},
	{"Always completes", "a list stops when Twilio refuses the account", "activities/round.go", `	case !problem.Retryable:
		s.stop(s.untriedBecause(problem), true)
`, `	case !problem.Retryable:
`, "activities", "TestListStopsIfAccountIsRefused"},

	// One key, one send.
	{"One key, one send", "a page that is retried keeps its key", "workflows/broadcastpages.go", `if !b.numbered {`, `if true {`, "workflows", "TestKeyedPageKeepsItsNumber"},
	{"One key, one send", "a send that Temporal no longer has is not repeated", "activities/once.go", `if place == 0 && k.used {`, `if false {`, "activities", "TestForgottenSendIsNotRepeated"},
	{"One key, one send", "a page that waits beyond the retention is not sent again", "activities/once.go", ` || k.declares(sms.KeyUsedErrorType)`, ``, "test/e2e", "TestExpiredKeyTextsNobodyTwice"},
	{"The sender is told the truth", "a page that Temporal has forgotten keeps its result", "workflows/broadcastpages.go", `result = b.withLast(last, result)`, `_ = b.withLast`, "workflows", "TestForgottenKeyedPageKeepsItsResult"},
	{"One key, one send", "a recipient in doubt is not sent to again", "activities/once.go", `e.Code != sms.CodeOutcomeUnknown && (e.HTTPStatus`, `(e.HTTPStatus`, "activities", "TestKeyedDoubtIsNotSentAgain"},
	{"One key, one send", "a long list is sent under its key", "activities/sendsms.go", `if input.IdempotencyKey != "" && !a.hasKey(`, `if input.IdempotencyKey != "" && !isLong(input) && !a.hasKey(`, "activities", "TestKeyedLongListIsOneSend"},
	{"One key, one send", "a pause does not use up a send of a key", "activities/once.go", `|| k.paused(result) {`, `{`, "activities", "TestPauseUsesNoKeyedSend"},
	{"One key, one send", "a key is for one content only", "activities/once.go", `err == nil && found && content != k.content`, `err == nil && found && false && content != k.content`, "test/e2e", "TestKeyIsUsedUpBySending"},

	{"One key, one send", "a caller's mistake is not retried like a failure of Twilio", "activities/once.go", `e.Retryable = result.Errors[0].Retryable`, `_ = e`, "activities", "TestKeyedMistakeIsNotRetryable"},
	{"One key, one send", "every recipient who was texted is in the result", "activities/once.go", `		sent = append(sent, messages[to])
`, `		_ = to
`, "activities", "TestKeyedResultListsTextedRecipients"},

	// A list of more than 5,000 is one broadcast.
	{"A list of more than 5,000 is one broadcast", "all attempts share the broadcast", "activities/longlist.go", `[]byte(ownerOf(&l.info))`, `[]byte(ownerOf(&l.info) + string(l.info.TaskToken))`, "test/e2e", "TestLongListBecomesOneBroadcast"},
	{"A list of more than 5,000 is one broadcast", "the broadcast stops with its send", "activities/longlist.go", `err := c.CancelWorkflow(ctx, l.id, "")`, `var err error`, "test/e2e", "TestCancelledLongListStopsItsBroadcast"},

	// One text, one workflow.
	{"One text, one workflow", "a text is accepted even without the search attributes", "webhook/dispatch.go", `errors.As(err, &refused) && r.input.Attributes:`, `errors.As(err, &refused) && false:`, "webhook", "TestDispatchStartsWithoutAttributesIfNeeded"},
	{"One text, one workflow", "search attributes are known soon after Temporal answers", "internal/temporal/attributes.go", `c.attributes == nil || err == nil && c.lacks() > 0`, `err == nil && c.lacks() > 0`, "internal/temporal", "TestSearchAttributesAreRetriedSoon"},
	{"One text, one workflow", "a workflow ID is never used twice", "webhook/dispatch.go", `enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,`, `enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,`, "test/e2e", "TestChangedTriggersLeaveOldTextsAlone"},
	{"One text, one workflow", "a failed attempt to start is repeated", "webhook/dispatch.go", `if err == nil || !isPassing(err) {`, `if true {`, "webhook", "TestDispatchRetriesFailedRequests"},
	{"One text, one workflow", "a text that Twilio classifies leaves a record", "webhook/dispatch.go", `(m.Parameters[sms.OptOutType] != "" || r.tells())`, `r.tells()`, "webhook", "TestDispatchRecordsMarkedTexts"},
	{"One text, one workflow", "a classified text starts no refused trigger", "webhook/dispatch.go", `len(r.input.Firings) == 1 && r.publishes() &&`, `len(r.input.Firings) == 1 &&`, "webhook", "TestMarkedTextSkipsRefusedTrigger"},
	{"One text, one workflow", "an opt-out is recorded even if the schedule cannot be read", "webhook/dispatch.go", `return catchesUp || err != nil`, `return catchesUp && err == nil`, "webhook", "TestOptOutsNeedNoSchedules"},
	{"One text, one workflow", "a refusal that the sender was told of leaves a record", "webhook/dispatch.go", `(m.Parameters[sms.OptOutType] != "" || r.tells())`, `(m.Parameters[sms.OptOutType] != "" || r.tells() && false)`, "webhook", "TestReportedRefusalIsNotCaughtUp"},
	{"One text, one workflow", "a redelivery finds its workflow even if the triggers have changed", "webhook/dispatch.go", `if !r.wanted() && !r.delivered(accepting) {`, `if !r.wanted() {`, "webhook", "TestRedeliveryFindsItsWorkflow"},
	{"One text, one workflow", "a repeated signalWithStart is recognized", "activities/receive.go", `GetRequestIdInfos()[in.RequestID] != nil`, `GetRequestIdInfos()[in.RequestID] != nil && false`, "activities", "TestRepeatedSignalWithStartIsRecognized"},
	{"One text, one workflow", "a run that continues another is as old as the first", "activities/receive.go", `first != "" && first != found.WorkflowExecution.RunID`, `false && first != ""`, "activities", "TestContinuedRunKeepsItsAge"},
	{"One text, one workflow", "a workflow that continues as new while all are listed is found", "activities/receive.go", `for range 2 {`, `for range 1 {`, "activities", "TestCatchersThatMoveAreFound"},
	{"A list of more than 5,000 is one broadcast", "a worker without a store continues a long list", "activities/longlist.go", `	case l.info.Attempt > 1:
		return nil
`, ``, "activities", "TestRetriedLongListIsNotChecked"},
	{"Always completes", "the table of problems is limited", "activities/progress.go", `len(t.list) >= maxProblems`, `false`, "activities", "TestTableOfProblemsIsLimited"},
	{"One text, one workflow", "a text that Temporal may forget meanwhile is not caught up on", "webhook/catchup.go", `now.Add(retentionMargin - retention)`, `now.Add(-retention)`, "webhook", "TestCatchUpLeavesTextsAlone"},
	{"The sender is told the truth", "a text that its webhook may still receive is not caught up on", "webhook/catchup.go", `now.Sub(messages[i].ReceivedAt) < c.Settle`, `false`, "webhook", "TestCatchUpLeavesTextsAlone"},
	{"The sender is told the truth", "a refusal does not hide an earlier delivery", "webhook/dispatch.go", `if !isPassing(err) && !doubt {`, `if !isPassing(err) {`, "webhook", "TestRefusedFallbackReportsNoLoss"},
	{"A reply answers one question", "a keyword answers no question", "webhook/dispatch.go", `if !r.message.Ordinary() {`, `if false {`, "webhook", "TestKeywordAnswersNoQuestion"},
	{"A reply answers one question", "a reply that was taken is not given to another question", "workflows/questions.go", `if slices.Contains(k.Taken, reply.MessageSID) {`, `if false {`, "workflows", "TestTakenReplyAnswersNoOther"},
	{"One text, one workflow", "a late text does not signal a workflow that began later", "workflows/receive.go", `if run.Open && run.BeganLater {`, `if false && run.Open {`, "workflows", "TestLateTextSkipsLaterWorkflows"},
	{"One text, one workflow", "a late text does not update a workflow that began later", "workflows/receive.go", `case r.input.Late && run.BeganLater:`, `case false:`, "workflows", "TestLateTextSkipsLaterWorkflows"},
	{"The sender is told the truth", "replies fit into what Twilio reads", "webhook/guard.go", ` || size > maxReplyBytes`, ``, "webhook", "TestRepliesRespectTwiliosLimits"},
	{"No loop of machines", "a text counts when its first run started", "webhook/silence.go", `!found || at.Before(earliest)`, `!found || at.After(earliest)`, "webhook", "TestTextsOfPairAreListed"},
	{"The sender is told the truth", "an answer that is too long is a refusal", "workflows/receive.go", `case answer.TooLong:`, `case false:`, "workflows", "TestReceiveRefusesTooLongAnswer"},
	{"One text, one workflow", "a message is not caught without the secret", "workflows/catch.go", `if catches == "" {`, `if false {`, "workflows", "TestCatchMessageNeedsSecret"},
	{"One text, one workflow", "a catch-up goes back no further than the first", "workflows/catchup.go", `if query.Since.Before(last.Began) {`, `if false {`, "workflows", "TestCatchUpStopsAtItsBeginning"},
	{"One text, one workflow", "a catch-up goes by Temporal's clock", "webhook/catchup.go", `now := activity.GetInfo(ctx).StartedTime`, `now := time.Now()`, "webhook", "TestCatchUpUsesTemporalsClock"},
	{"One text, one workflow", "a first catch-up counts even if it fails", "workflows/catchup.go", `if first && err != nil && ctx.Err() == nil {`, `if false && first {`, "workflows", "TestCatchUpStopsAtItsBeginning"},
	{"One text, one workflow", "a trigger cannot use the ID of the text's own workflow", "webhook/check.go", `case c.WorkflowID == r.workflowID:`, `case false:`, "webhook", "TestDispatchRefusesInvalidCalls"},
	{"One text, one workflow", "an ID with an empty part is refused", "triggers/trigger.go", `if name := t.missing(&m.Event); name != "" {`, `if name := t.missing(&m.Event); false {`, "triggers", "TestIDWithAHoleIsRefused"},

	// The sender is told the truth.
	{"The sender is told the truth", "the answer arrives while Twilio waits", "webhook/webhook.go", `answerTimeout = 13 * time.Second`, `answerTimeout = 20 * time.Second`, "webhook", "TestDispatchReportsOnlyRealLosses"},
	{"The sender is told the truth", "a delivery limits its own time", "webhook/dispatch.go", `	ctx, cancel := context.WithTimeout(ctx, answerTimeout)`, `	ctx, cancel := context.WithTimeout(ctx, 2*answerTimeout)`, "webhook", "TestDispatchReportsOnlyRealLosses"},
	{"The sender is told the truth", "Temporal has limited time to accept a text", "webhook/dispatch.go", `accepting, stop := context.WithTimeout(ctx, acceptTimeout)`, `accepting, stop := context.WithCancel(ctx)`, "webhook", "TestDispatchTellsOnlyWhatIsCertain"},
	{"The sender is told the truth", "listing texts does not delay a reply for long", "webhook/pace.go", `ctx, cancel := context.WithTimeout(ctx, askingTimeout)`, `ctx, cancel := context.WithCancel(ctx)`, "webhook", "TestWebhookCountsByItselfWithoutTemporal"},
	{"The sender is told the truth", "a text that may have been published is not reported lost", "webhook/dispatch.go", `Again: doubt || !r.tells()`, `Again: !r.tells()`, "webhook", "TestDispatchTellsOnlyWhatIsCertain"},
	{"The sender is told the truth", "a text that an earlier delivery published is not reported lost", "webhook/dispatch.go", `doubt = doubt || r.mayBeAccepted()`, ``, "webhook", "TestRedeliveryRemembersWhatWasAccepted|TestFallbackReportsNoLoss"},
	{"The sender is told the truth", "a webhook notices that it is the fallback", "webhook/dispatch.go", `return accepted || r.message.Parameters[fallbackParameter] != ""`, `return accepted`, "webhook", "TestFallbackReportsNoLoss"},
	{"The sender is told the truth", "a webhook gives up only while its caller waits", "webhook/decide.go", `return request == nil || request.Err() == nil`, `return request == nil || true`, "webhook", "TestUnheardDispatchDoesNotGiveUp"},
	{"The sender is told the truth", "a delivery notices whether its caller still waits", "webhook/sms.go", `ctx = withCaller(ctx, r.Context())`, ``, "webhook", "TestReceiveNoticesAbsentCaller"},
	{"The sender is told the truth", "texts take precedence over a backlog of sends", "webhook/dispatch.go", `options.Priority = temporal.Priority{PriorityKey: sms.PriorityOfTexts}`, `_ = temporal.Priority{}`, "webhook", "TestTextsPrecedeSends"},
	{"The sender is told the truth", "the questions that texts may answer take precedence, too", "activities/questions.go", `Priority:      temporal.Priority{PriorityKey: sms.PriorityOfTexts},`, ``, "test/e2e", "TestTextsAndQuestionsHavePriority"},
	{"The sender is told the truth", "the workflows that texts start have the default priority", "workflows/receive.go", `temporal.Priority{PriorityKey: sms.PriorityOfStarted}`, `temporal.Priority{}`, "test/e2e", "TestTextsAndQuestionsHavePriority"},
	{"The sender is told the truth", "a redelivery gets the answer of the first delivery", "webhook/dispatch.go", `case earlier == nil && r.certain():`, `case r.certain():`, "webhook", "TestDispatchAnswersRedeliveriesTheSame"},
	{"The sender is told the truth", "a text that the sender was told is lost is not published", "workflows/receive.go", `case told && f.EchoError != "" && !f.Call.Certain():`, `case false:`, "workflows", "TestReceiveDropsTextReportedLost"},
	{"The sender is told the truth", "a failed update is not repeated", "activities/receive.go", `return err != nil && !refused`, `_, outcome := errors.AsType[*temporal.ApplicationError](err); return outcome && !refused`, "activities", "TestFailedUpdateIsOutcome"},
	{"The sender is told the truth", "an unreachable Temporal is not taken for a closed workflow", "activities/receive.go", `case isNotFound(err):
		return sms.AskWorkflowResult{Closed: true}, nil`, `case err != nil:
		return sms.AskWorkflowResult{Closed: true}, nil`, "activities", "TestUnansweredUpdateIsRetried"},
	{"The sender is told the truth", "an unanswered update is not reported lost", "workflows/receive.go", `ScheduleToCloseTimeout: untilRepaired, StartToCloseTimeout: askTimeout`, `ScheduleToCloseTimeout: 9*time.Second, StartToCloseTimeout: askTimeout`, "workflows", "TestReceiveWaitsForUpdateAnswer"},
	{"The sender is told the truth", "a request in flight does not overtake a refusal", "webhook/dispatch.go", `r.publishes() || r.mayBeAccepted() && !r.refusedRetries()`, `r.publishes()`, "webhook", "TestRefusalIsNotOvertaken"},
	{"No loop of machines", "a redelivery is muted even if the triggers have changed", "webhook/sms.go", `if answer.Known && mode == Live`, `if false && mode == Live`, "webhook", "TestRedeliveryIsAlwaysMuted"},
	{"One text, one workflow", "a text that was truncated is requested again", "webhook/request.go", `return nil, http.StatusServiceUnavailable, "the body`, `return nil, http.StatusBadRequest, "the body`, "webhook", "TestWebhookRefusesForgedRequests"},
	{"The sender is told the truth", "an answer that is not JSON is still an answer", "activities/receive.go", `result.Value = asJSON(answer.Payload().GetData())`, `result.Value = answer.Payload().GetData()`, "activities", "TestAnswersMayHaveAnyEncoding"},
	{"The sender is told the truth", "only the delivery that gave up can withdraw its decision", "workflows/receive.go", `!slices.Contains(deliveries, -d)`, `deliveries[len(deliveries)-1] > 0`, "workflows", "TestGiveUpSurvivesLossAndRepeats"},
	{"The sender is told the truth", "a delivery withdraws only its own decision to give up", "webhook/decide.go", `sms.GiveUpSignal, -delivery)`, `sms.GiveUpSignal, -1)`, "webhook", "TestDeliveryWithdrawsItsGiveUp"},
	{"The sender is told the truth", "a failed call ends only its own firing", "workflows/receive.go", `	case ctx.Err() == nil:
		r.decide(`, `	case false:
		r.decide(`, "workflows", "TestReceiveOutlivesFailedCall"},
	{"The sender is told the truth", "a workflow that does not wait starts once without its signal", "workflows/receive.go", `if race > 0 && workflow.GetVersion(`, `if race > maxRaces && workflow.GetVersion(`, "workflows", "TestReceiveStartsWithSignal"},
	{"The sender is told the truth", "a repeated start with a signal is recognized", "activities/receive.go", `GetRequestIdInfos()[in.RequestID] != nil`, `GetRequestIdInfos()[""] != nil`, "test/e2e", "TestRepeatedSignalWithStartStartsOnce"},
	{"The sender is told the truth", "the text's workflow signals an open workflow", "activities/receive.go", `case found.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:`, `case false:`, "test/e2e", "TestRepeatedSignalWithStartStartsOnce"},
	{"The sender is told the truth", "added search attributes are used immediately", "internal/temporal/attributes.go", `c.asked = time.Time{} // the cached list`, `_ = time.Time{} // the cached list`, "internal/temporal", "TestAddedSearchAttributesAreKnown"},
	{"The sender is told the truth", "a trigger's memo cannot change the recorded answer", "sms/receive.go", `if name != MemoReplies && name != MemoAccount {`, `if true {`, "webhook", "TestTriggerCannotSetMemoReplies"},

	// Only Twilio.
	{"Only Twilio", "a signature is required", "webhook/request.go", `if signature == "" {`, `if signature == "" && false {`, "webhook", "TestSignatureRefusalsReportCause"},
	{"Only Twilio", "the signature is compared", "twilio/signature.go", `return hmac.Equal([]byte(sign(token, spelling, form)), []byte(signature))`, `return true`, "twilio", "TestVerifyAcceptsTwiliosSignatures"},
	{"Only Twilio", "the body's digest is checked", "twilio/signature.go", `return hmac.Equal(want, got[:]) &&`, `return (true || hmac.Equal(want, got[:])) &&`, "twilio", "TestVerifyBodyAcceptsOnlySignedJSON"},
	{"Only Twilio", "the spellings that are tried are bounded", "twilio/signature.go", `room := min(maxSpellings, max(1, maxHashed/(len(rawURL)+formSize+1)))`, `room := 1 << 20`, "twilio", "TestSpellingsAreLimited"},
	{"Only Twilio", "a token is only valid for its own account", "webhook/request.go", `tokens, known := all[account]`, `tokens, known := all[AnyAccount]`, "webhook", "TestTokensAreValidForOneAccount"},
	{"Only Twilio", "a number only accepts texts from its own account", "webhook/guard.go", `return !known || owner == account`, `return true || !known || owner == account`, "webhook", "TestTextsMustComeFromNumbersAccount"},
	{"Only Twilio", "two accounts never share a text", "webhook/dispatch.go", `if account != r.message.AccountSID && `, `if false && `, "webhook", "TestAccountsDoNotShareTexts"},
	{"Only Twilio", "a second account's text finds its own workflow", "webhook/dispatch.go", `r.input.WorkflowID = r.workflowID`, `_ = r.workflowID`, "webhook", "TestAccountsDoNotShareTexts"},
	{"Only Twilio", "texts of two accounts never share a workflow or a question", "workflows/receive.go", `if r.input.WorkflowID != "" {`, `if false {`, "workflows", "TestAccountsDoNotShareIDs"},
	{"Only Twilio", "a status is only accepted from the account that sent", "webhook/status.go", `sender != "" && sender != account`, `false && sender != account`, "webhook", "TestStatusReachesOnlyItsAccountsWorkflows"},
	{"Only Twilio", "the URL of a status callback is proven to be ours", "webhook/status.go", `len(h.Tokens()) < 2 || sms.StatusProven(h.StatusSecret, query)`, `true`, "webhook", "TestStatusReachesOnlyItsAccountsWorkflows"},

	// A reply answers one question.
	{"A reply answers one question", "a reply fires no trigger", "workflows/receive.go", `		if answered {
			return r.conclude(`, `		if answered && false {
			return r.conclude(`, "workflows", "TestReplyGoesOnlyToItsQuestion"},

	{"A reply answers one question", "a failed update is repeated with another ID", "activities/receive.go", `fmt.Sprintf("%s-%d", id, attempt)`, `id`, "activities", "TestFailedKeeperIsAskedAgain"},
	{"A reply answers one question", "a webhook's clock may be wrong", "workflows/receive.go", `ask.Text.ReceivedAt = workflow.GetInfo(ctx).WorkflowStartTime`, `_ = ask`, "workflows", "TestLiveReplyUsesTemporalsClock"},
	{"A reply answers one question", "offering texts to questions leaves slots for matching", "workflows/receive.go", `workflow.GetVersion(ctx, "keepers-by-activity", workflow.DefaultVersion, 1) == workflow.DefaultVersion`, `true`, "workflows", "TestReplyGoesOnlyToItsQuestion"},
	{"A reply answers one question", "a text older than a question does not answer it", "sms/question.go", `return !receivedAt.Before(q.OpenedAt.Truncate(time.Second))`, `return true || !receivedAt.Before(q.OpenedAt.Truncate(time.Second))`, "workflows", "TestOlderTextDoesNotAnswerQuestion"},
	{"A reply answers one question", "the end of a question leaves the others open", "workflows/questions.go", `				if k.asks(ctx, q) {`, `				if true {`, "workflows", "TestEndedQuestionDoesNotAffectOthers"},
	{"A reply answers one question", "a question that ended is forgotten", "workflows/questions.go", `		if looked {
`, `		if false {
`, "workflows", "TestKeeperForgetsEndedQuestions"},
	{"A reply answers one question", "a reply to another account does not count", "sms/question.go", `if q.AccountSID != "" && accountSID != "" && q.AccountSID != accountSID {`, `if false {`, "workflows", "TestReplyToOtherAccountAnswersNothing"},

	// No loop of machines.
	{"No loop of machines", "our own numbers are not answered", "webhook/guard.go", `case message.From == message.To || slices.Contains(g.own, message.From):`, `case false && slices.Contains(g.own, message.From):`, "webhook", "TestLoopsGetNoEcho"},
	{"No loop of machines", "echoes keep a pace", "webhook/guard.go", `may = g.echoes(message, time.Now())`, `may = true`, "webhook", "TestLoopsGetNoEcho"},
	{"No loop of machines", "texts that other webhooks accept count", "webhook/pace.go", `times = append(times, text.At)`, `_ = text`, "webhook", "TestWebhooksShareEchoPace"},
	{"No loop of machines", "each webhook lists the texts that all accept", "webhook/dispatch.go", `parties = append(parties, r.pair(r.message))`, ``, "webhook", "TestTextsOfPairAreListed"},
	{"No loop of machines", "a text that is caught up on does not count towards the pace", "webhook/dispatch.go", `if r.mode != Late { //`, `if true { //`, "webhook", "TestTextsOfPairAreListed"},
	{"No loop of machines", "a streak over several webhooks counts as one", "webhook/pace.go", `return max(streak, p.streak)`, `return p.streak`, "webhook", "TestStreakCountsForAllWebhooks"},
	{"No loop of machines", "an account does not silence another's number", "webhook/silence.go", `message.AccountSID, message.To`, `message.To`, "webhook", "TestTextsOfPairAreListed"},
	{"No loop of machines", "an account does not pace another's echoes", "webhook/pace.go", `{message.AccountSID, message.To`, `{"", message.To`, "webhook", "TestAccountCannotSilenceOthersNumber"},
	{"No loop of machines", "a loop spread over many webhooks is noticed", "webhook/pace.go", `if now.Sub(p.last) > longPause {`, `if now.Sub(p.last) > maxPause {`, "webhook", "TestManyWebhooksSilenceSlowLoop"},
	{"No loop of machines", "a webhook's clock that is ahead does not hide texts", "webhook/pace.go", `now = now.Add(-p.ahead)`, `_ = p.ahead`, "webhook", "TestFastClockHidesNoTexts"},
	{"No loop of machines", "a silence that was ended by hand does not come back", "webhook/pace.go", ` || !text.At.After(ended) {`, ` {`, "webhook", "TestStreakCountsForAllWebhooks"},
	{"No loop of machines", "a clock that is hours ahead does not hide texts", "webhook/pace.go", `lately = 24 * time.Hour`, `lately = time.Hour`, "webhook", "TestClocksHoursAheadHideNoTexts"},
	{"No loop of machines", "a webhook pauses before it asks an unresponsive Temporal again", "webhook/pace.go", `g.pausedUntil = now.Add(askingPause)`, `_ = now`, "webhook", "TestWebhookCountsByItselfWithoutTemporal"},
	{"No loop of machines", "a long streak is silenced", "webhook/pace.go", `	p.streak++
`, ``, "webhook", "TestSilenceEndsMachineLoop"},
	{"No loop of machines", "a silence outlasts a pause", "webhook/pace.go", `g.pace(message).silent = silent`, `_ = silent`, "webhook", "TestSilenceOutlastsPause"},
	{"No loop of machines", "a text that arrived during a silence is not echoed later", "webhook/catchup.go", `(ended.IsZero() || !message.ReceivedAt.Before(began) && message.ReceivedAt.Before(ended))`, `ended.IsZero()`, "webhook", "TestCatchUpSkipsSilencedPhones"},
	{"No loop of machines", "a reaction does not fire an ordinary trigger", "triggers/trigger.go", `|| reaction != nil && !trigger.reactions {`, `{`, "triggers", "TestReactionsFireOnlyTriggersThatAsk"},

	// Bounded engines.
	{"Bounded engines", "patterns share one budget", "triggers/pattern.go", `*left -= steps`, `*left -= 0`, "triggers", "TestTriesTakeFromTheBudget"},
	{"Bounded engines", "a match has a budget of steps", "javaregex/machine.go", `case m.spent > m.limits.Steps:`, `case false:`, "javaregex", "TestLimitsAreEnforced"},
	{"Bounded engines", "a match has a budget of memory", "javaregex/machine.go", `case m.depth*frameBytes+m.memo.size() > m.limits.Memory:`, `case false:`, "javaregex", "TestLimitsAreEnforced"},
	{"Bounded engines", "a long setting takes steps", "freemarker/text.go", `if err := e.work(len(value)); err != nil {`, `if err := error(nil); err != nil {`, "freemarker", "TestContextEndsARendering"},
	{"Bounded engines", "a rendering has a budget of steps", "freemarker/limits.go", `if e.steps > e.limits.Steps {`, `if false {`, "freemarker", "TestHostileTemplatesAreAnsweredInTime|TestNodesEachTakeAStep"},

	{"Bounded engines", "a file system that hangs does not block callers", "internal/follow/follow.go", `	case <-time.After(patience):
`, ``, "internal/follow", "TestHangingFileBlocksNobody"},
	{"Bounded engines", "a call with an ID that cannot be stored is refused", "webhook/check.go", `case strings.Contains(c.WorkflowID, "\x00"):`, `case false:`, "webhook", "TestDispatchRefusesInvalidCalls"},
	{"Bounded engines", "a huge emoji is not a reaction", "sms/reaction.go", `	if len(text) > maxEmoji {`, `	if false {`, "sms", "TestHugeEmojiIsRejectedQuickly"},
	{"Bounded engines", "a call with a search attribute that cannot be stored is refused", "webhook/check.go", `case strings.Contains(textOf(value), "\x00"):`, `case false:`, "webhook", "TestSearchAttributesRejectNUL"},
	{"Bounded engines", "a half-copied file is not loaded", "triggers/live.go", `now.sum == l.seen && now.sum != l.tried`, `now.sum != l.tried`, "triggers", "TestLiveIgnoresAHalfCopiedFile"},

	// Broadcasts.
	{"Nobody twice", "two broadcasts never share a report", "broadcast/store.go", `f.root.Link(draft, name)`, `f.root.Rename(draft, name)`, "broadcast", "TestBroadcastsNeverShareReport|TestReportIsReservedOnce"},
	{"Always completes", "no line of a file is lost", "broadcast/table.go", `t.csv.InputOffset()-before < int64(len(text))`, `t.csv.InputOffset() < before`, "broadcast", "TestTableLosesNoLine"},
	{"Always completes", "a report's page that is written late does not replace another", "broadcast/report.go", `if slices.Contains(in.Missing, page) {`, `if false && slices.Contains(in.Missing, page) {`, "workflows", "TestReportOutlivesUnwrittenPage"},
	{"Always completes", "a broadcast continues until the input of its next run fits", "workflows/broadcast.go", `ctx.Err() == nil && b.fits() {`, `ctx.Err() == nil {`, "workflows", "TestNextRunFitsIntoPayload"},
	{"Always completes", "a page with too many recipients is refused", "activities/longlist.go", `if !isLong(input) || !t.isPage()`, `if isLong(input) || !t.isPage()`, "activities", "TestOversizedPageIsRefused"},
	{"A reply answers one question", "a question's timeout counts from when it was sent", "workflows/ask.go", `		began = workflow.Now(ctx)
`, ``, "workflows", "TestQuestionWaitsFromSending"},
	{"Always completes", "recipients whose quiet hours just ended are reported", "workflows/broadcast.go", `b.held.Last = forEach(awoken, first.unsent())`, ``, "workflows", "TestJustAwokenRecipientsAreReported"},
	{"Always completes", "a number that another worker reads differently is reported", "workflows/broadcastpages.go", `case !b.worthAnother(e) || again[e.To] != nil:`, `case !b.worthAnother(e):`, "workflows", "TestRecipientReadDifferentlyIsReported"},
	{"Always completes", "a send that is cancelled between two attempts has a report", "workflows/sendsms.go", `if temporal.IsCanceledError(err) && workflow.GetVersion`, `if false && workflow.GetVersion`, "workflows", "TestCancelledSendHasReport"},
	{"Always completes", "a question that is cancelled has a result", "workflows/ask.go", `if temporal.IsCanceledError(err) && a.reports(ctx) {`, `if false && a.reports(ctx) {`, "workflows", "TestCancelledQuestionHasResult"},
	{"A reply answers one question", "a reply in the task of a cancellation counts", "workflows/ask.go", `		if ok {
`, `		if ok && ctx.Err() == nil {
`, "workflows", "TestReplyWithCancellationCounts"},
	{"A reply answers one question", "a question that is cancelled while it is opened is closed", "workflows/ask.go", `!temporal.IsCanceledError(err) || !a.reports(ctx) {`, `true {`, "workflows", "TestCancelledQuestionHasResult"},
	{"The sender is told the truth", "a recipient who was never tried is not in doubt", "workflows/quiet.go", `case !began:`, `case false:`, "workflows", "TestCancelledBeforeStartSendsNothing"},
	{"Always completes", "a long list that is cancelled has a result that fits", "workflows/quiet.go", `if isLong { //`, `if false { //`, "workflows", "TestCancelledLongListHasOneError"},
	{"Always completes", "an error does not keep recipients in quiet hours from being texted", "workflows/quiet.go", `input.OnError = "" //`, `_ = onError //`, "workflows", "TestQuietRecipientsAreTextedDespiteError"},
	{"Always completes", "a broadcast pauses if the account is refused", "workflows/broadcastpages.go", `return b.untilMended || e.Code == sms.CodeAuthentication`, `return false`, "workflows", "TestBroadcastPausesIfAccountRefused"},
	{"Always completes", "a broadcast eventually gives up", "workflows/broadcastpages.go", `case !progressed && failing >= time.Duration(b.input.GiveUpAfter):`, `case false:`, "workflows", "TestBroadcastEventuallyGivesUp"},
	{"The sender is told the truth", "a status never goes backwards", "sms/status.go", `return rank[s] > rank[before]`, `return true`, "sms", "TestStatusNeverGoesBackwards"},

	// Under control.
	{"Under control", "a pause withholds every turn", "activities/pace.go", `	if p.held {
		return nil, ErrHeld`, `	if false {
		return nil, ErrHeld`, "activities", "TestHeldPaceGrantsNoTurns"},
	{"Under control", "a pause does not use up a send's patience", "activities/send.go", `if s.paused() && s.input.GiveUpAfter == 0 {`, `if false {`, "activities", "TestPauseDoesNotExhaustSend"},
	{"Under control", "a broadcast waits for the end of a pause", "workflows/broadcastpages.go", `case cause.Code == sms.CodeSendingPaused:`, `case false:`, "workflows", "TestBroadcastWaitsUntilPauseEnds"},
	{"Always completes", "a broadcast waits for a cap to have room", "workflows/broadcast.go", `DefaultBroadcastPatience = 25 * time.Hour`, `DefaultBroadcastPatience = 24 * time.Hour`, "workflows", "TestBroadcastWaitsForCap"},
	{"Always completes", "an older version's broadcast gives up as that version does", "workflows/broadcast.go", `if !b.capsApart {`, `if false {`, "workflows", "TestOldBroadcastKeepsItsPatience"},
	{"Always completes", "quiet hours do not use up a broadcast's patience", "workflows/broadcastpages.go", `case cause.Code == sms.CodeQuietHours:`, `case false:`, "workflows", "TestHeldPageWaitsForMorning"},
	{"Always completes", "an older worker leaves a newer worker's broadcast alone", "workflows/broadcast.go", `if problems != nil && input.Carried != nil {`, `if false {`, "workflows", "TestNewerStateWaitsForNewerWorker"},
	{"Always completes", "a worker that refuses quiet hours is asked without them", "workflows/quiet.go", `strings.HasPrefix(result.Errors[0].Message, "quietHours needs a timer")`, `!strings.HasPrefix("", "")`, "workflows", "TestOlderWorkersSendInQuietHours"},
	{"Always completes", "a capped country does not delay the others", "workflows/broadcastpages.go", `if b.capsApart && f.problem.Code == sms.CodeCapReached {`, `if false {`, "workflows", "TestCappedCountryDelaysNobodyElse"},
	{"Always completes", "a broadcast gives up on a cap that others use up", "workflows/broadcastcaps.go", `failing >= time.Duration(b.input.GiveUpAfter) {`, `failing < 0 {`, "workflows", "TestExhaustedCapIsGivenUp"},
	{"Always completes", "a broadcast does not give up on a cap that lets some messages through", "workflows/broadcastcaps.go", `		wait.Since, wait.Failures = now, 0
`, ``, "workflows", "TestProgressKeepsCapWaiting"},
	{"Always completes", "a pause does not count as waiting for a cap", "workflows/broadcastcaps.go", `	b.held.Caps = nil
`, ``, "workflows", "TestPauseKeepsCapWaiting"},
	{"Under control", "resuming tries a cap immediately", "workflows/broadcastcaps.go", `			g.Until = now
`, `			_ = g
`, "workflows", "TestResumeRetriesCapAtOnce"},
	{"The sender is told the truth", "a page that was not sent is not in doubt", "workflows/broadcastpages.go", `if b.capsApart && ctx.Err() != nil {`, `if false {`, "workflows", "TestUnsentPageIsNotInDoubt"},
	{"Always completes", "resuming a broadcast restarts its patience", "workflows/broadcast.go", `if b.fair && state == broadcastSending {`, `if false {`, "workflows", "TestResumeRestoresBroadcastPatience"},
	{"Under control", "a broadcast can be paused while a page fails", "workflows/broadcast.go", `if b.obedient && b.progress.State != broadcastSending {`, `if false {`, "workflows", "TestFailingBroadcastObeysUpdates"},
	{"Under control", "a turn in quiet hours is not taken", "activities/round.go", `problem != nil { // the quiet hours began before the turn came`, `problem != nil && false { //`, "activities", "TestQuietRecipientTakesNoTurn"},
	{"Under control", "a send that begins in quiet hours texts nobody", "activities/quiet.go", `	if !until.After(now) {
		return nil
	}
	return &sms.Error`, `	if true {
		return nil
	}
	return &sms.Error`, "activities", "TestQuietHoursBeginningMeanwhileCount"},
	{"Always completes", "a send that is held up until quiet hours waits for the morning", "workflows/quiet.go", `if len(late) == 0 {`, `if true {`, "workflows", "TestHeldSendWaitsForMorning"},
	{"Under control", "a phone that may be in too many zones is in the sender's", "activities/quiet.go", `if !ok || len(zones) == 0 {`, `if (ok || !ok) && len(zones) == 0 {`, "activities", "TestPhoneWithoutZoneUsesSenders"},
	{"Always completes", "a forgotten wait for a cap starts over", "workflows/broadcastcaps.go", `known && now.Sub(wait.Until) < forgotten`, `known`, "workflows", "TestForgottenCapWaitStartsOver"},
	{"Always completes", "a loop of replies is not tried again", "workflows/broadcastpages.go", ` && e.TwilioCode != replyLoop`, ``, "workflows", "TestReplyLoopIsNotRetried"},
	{"Under control", "a page is sent with its quiet hours", "workflows/broadcastpages.go", `	input.SmsTo, input.GiveUpAfter = recipients, 0
`, `	input.SmsTo, input.GiveUpAfter, input.QuietHours = recipients, 0, nil
`, "workflows", "TestHeldPageWaitsForMorning"},
	{"Under control", "texts get no echo during a pause", "webhook/sms.go", `if _, paused := h.Paused(); paused {`, `if false {`, "webhook", "TestPausedSendingPublishesWithoutReply"},
	{"Under control", "returning old messages does not make room for newer ones", "workflows/caps.go", `if t.At > 0 {`, `if false {`, "workflows", "TestLateReturnFreesNothing"},
	{"Under control", "returned messages carry the time of their reservation", "activities/capcount.go", `back.At = s.allowance.at[key]`, ``, "activities", "TestCapsCountSentMessages"},
	{"Under control", "a cap is not exceeded", "workflows/caps.go", `max(0, t.Most-total(counted, now))`, `t.Most + total(counted, now)`, "workflows", "TestCapsCountWithinWindow"},
	{"Under control", "a cap holds for all workers", "activities/capcount.go", `	a.add(key, limit, asked, answer)
`, `	a.add(key, limit, asked, reservation{answer.count + capAhead, answer.at})
`, "activities", "TestCapLimitsSends"},
	{"Under control", "messages that are counted too late are returned", "activities/capcount.go", `back.request.Count, back.request.At = -w.answer.count, w.answer.at`, `back.request.Count = 0`, "activities", "TestLateCountIsGivenBack"},
	{"Under control", "messages that were counted long ago are not returned", "activities/capcount.go", `if counted.Equal(s.allowance.counted[key]) {`, `if true {`, "activities", "TestOldReservationExpires"},
	{"Under control", "messages that were counted long ago are not used", "activities/capcount.go", `limit != nil && elapsed(`, `false && elapsed(`, "activities", "TestOldReservationExpires"},
	{"Under control", "a reached cap is checked only once a second", "activities/capcount.go", `return known && elapsed(at) < reachedFor`, `return known && elapsed(at) < 0`, "activities", "TestReachedCapIsRarelyRequested"},
	{"Under control", "messages that are counted too late are returned before the next request", "activities/capcount.go", `append(late, c.waiting...)`, `append(c.waiting, late...)`, "activities", "TestSlowRequestCountsOnce"},
	{"Under control", "a message that is not counted is not sent", "activities/capcount.go", `		return nil, errUncounted
	}
	a.add`, `	}
	a.add`, "activities", "TestUncountedMessageIsNotSent"},
	{"Under control", "a message that was not sent does not count", "activities/capcount.go", `counted.IsZero() || to.state == accepted || to.state == doubtful`, `counted.IsZero() || to.state != accepted`, "activities", "TestCapLimitsSends|TestCapsCountSentMessages"},
	{"Under control", "a message that turns out not to be sent does not count", "activities/doubt.go", `s.giveBack(to)`, `_ = to`, "activities", "TestAbsentMessageDoesNotCount"},
	{"Under control", "a dry run reports recipients who are never texted", "activities/preview.go", `limit != nil && limit.Most == 0`, `false && limit != nil`, "activities", "TestPreviewCountsSegmentsAndFailures"},
	{"Under control", "high priority goes first", "activities/turns.go", `cmp.Or(first[high], first[normal], first[low])`, `cmp.Or(first[low], first[normal], first[high])`, "activities", "TestHighPriorityTakesTheNextTurn|TestHighPriorityTakesTheNextSlot"},
	{"Under control", "low priority is not starved", "activities/turns.go", `o.skipped[level] >= fairness`, `false`, "activities", "TestLowPriorityIsNotStarved"},

	// Private.
	{"Private", "a log line leaves out what wraps an error", "internal/temporal/wordless.go", `return server.Status().Message()`, `return err.Error()`, "internal/temporal", "TestLogQuotesNoCaller"},
	{"Private", "a body is cleared once its outcome is known", "workflows/redact.go", `if d.Status.Final() {`, `if true {`, "workflows", "TestBodiesAreClearedAfterOutcome"},
	{"Private", "a secret does not print", "internal/config/secret.go", `func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }`, `func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.value) }`, "internal/config", "TestSecretsNeverPrint"},
	{"Private", "a pseudonym needs the secret", "sms/pseudonym.go", `hmac.New(sha256.New, secret)`, `hmac.New(sha256.New, nil)`, "sms", "TestPseudonymsHideAndStayTheSame"},
}

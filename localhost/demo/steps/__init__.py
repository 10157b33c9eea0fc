"""The steps of the demo, in their order; a later chapter is added to these lists."""

from localhost.demo.steps.backing_up import (
    BACK_UP,
    ISSUE_MORE,
    LOOK_INTO_CONTAINER,
    REFUSALS,
)
from localhost.demo.steps.building import (
    CREATE_SERVICE,
    IMPORT_NETWORK,
    MASKED_SECRETS,
    QUOTA,
    UPLOAD_CONTENT,
)
from localhost.demo.steps.linking import BACK_UP as BACK_UP_ACCOUNT
from localhost.demo.steps.linking import LINK, PLAN_BACK, PULL, UNLINK
from localhost.demo.steps.numbering import ALLOCATE, RECEIVE
from localhost.demo.steps.proving import (
    BACK_UP_AGAIN,
    COMPARE,
    CONTINUE_NUMBERS,
    KEEP_SECRETS,
    START_SOURCES,
)
from localhost.demo.steps.pushing import A_DAY, BREAK, BRING_BACK, GO_ON, LOSE, PUSH
from localhost.demo.steps.pushing import RESTORE as RESTORE_ACCOUNT
from localhost.demo.steps.restoring import DELETE_SERVICE, RESTORE, RESUME, SUSPENDED
from localhost.demo.steps.scheduling import DAYS_AHEAD, SET_SCHEDULE

STEPS = (
    CREATE_SERVICE,
    IMPORT_NETWORK,
    UPLOAD_CONTENT,
    QUOTA,
    MASKED_SECRETS,
    ALLOCATE,
    RECEIVE,
    BACK_UP,
    LOOK_INTO_CONTAINER,
    ISSUE_MORE,
    REFUSALS,
    DELETE_SERVICE,
    RESTORE,
    SUSPENDED,
    RESUME,
    CONTINUE_NUMBERS,
    COMPARE,
    BACK_UP_AGAIN,
    START_SOURCES,
    KEEP_SECRETS,
    SET_SCHEDULE,
    DAYS_AHEAD,
)

ACCOUNT_STEPS = (
    LINK,
    PULL,
    A_DAY,
    LOSE,
    RESTORE_ACCOUNT,
    PUSH,
    GO_ON,
    BREAK,
    BRING_BACK,
)
"""The second act: an integration account, which the demo may lose."""

READING_STEPS = (LINK, PULL, BACK_UP_ACCOUNT, PLAN_BACK, UNLINK)
"""What only reads an account: for one that somebody works with."""

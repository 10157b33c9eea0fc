<?xml version="1.0" encoding="utf-8"?>
<!-- Self-billed invoices (389) to EDIFACT suppliers; commercial ones and credit notes too. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:edi="http://schemas.microsoft.com/BizTalk/EDI/EDIFACT/2006"
                xmlns:inv="http://schemas.tarnfell.example/canonical/1"
                exclude-result-prefixes="inv">
  <xsl:output method="xml" encoding="utf-8" indent="yes"/>
  <xsl:strip-space elements="*"/>

  <xsl:template match="/inv:Invoice">
    <edi:EFACT_D96A_INVOIC>
      <edi:BGM>
        <edi:C002>
          <C00201>
            <xsl:choose>
              <xsl:when test="inv:Kind = 'selfBilled'">389</xsl:when>
              <xsl:when test="inv:Kind = 'credit'">381</xsl:when>
              <xsl:otherwise>380</xsl:otherwise>
            </xsl:choose>
          </C00201>
        </edi:C002>
        <BGM02><xsl:value-of select="inv:Number"/></BGM02>
        <BGM03>9</BGM03>
      </edi:BGM>
      <xsl:call-template name="date">
        <xsl:with-param name="qualifier">137</xsl:with-param>
        <xsl:with-param name="iso" select="inv:InvoiceDate"/>
      </xsl:call-template>
      <xsl:if test="inv:DueDate">
        <xsl:call-template name="date">
          <xsl:with-param name="qualifier">13</xsl:with-param>
          <xsl:with-param name="iso" select="inv:DueDate"/>
        </xsl:call-template>
      </xsl:if>
      <edi:RFFLoop1>
        <edi:RFF>
          <edi:C506>
            <C50601>ON</C50601>
            <C50602><xsl:value-of select="inv:OrderNumber"/></C50602>
          </edi:C506>
        </edi:RFF>
      </edi:RFFLoop1>
      <xsl:apply-templates select="inv:Buyer | inv:Seller"/>
      <edi:CUXLoop1>
        <edi:CUX>
          <edi:C504>
            <C50401>2</C50401>
            <C50402><xsl:value-of select="inv:Currency"/></C50402>
            <C50403>4</C50403>
          </edi:C504>
        </edi:CUX>
      </edi:CUXLoop1>
      <xsl:apply-templates select="inv:Line"/>
      <edi:UNS><UNS01>S</UNS01></edi:UNS>
      <edi:CNT>
        <edi:C270>
          <C27001>2</C27001>
          <C27002><xsl:value-of select="count(inv:Line)"/></C27002>
        </edi:C270>
      </edi:CNT>
      <edi:MOALoop1>
        <xsl:call-template name="amount">
          <xsl:with-param name="qualifier">77</xsl:with-param>
          <xsl:with-param name="value" select="inv:TotalAmount"/>
        </xsl:call-template>
      </edi:MOALoop1>
      <edi:MOALoop1>
        <xsl:call-template name="amount">
          <xsl:with-param name="qualifier">79</xsl:with-param>
          <xsl:with-param name="value" select="inv:LinesAmount"/>
        </xsl:call-template>
      </edi:MOALoop1>
      <edi:TAXLoop1>
        <edi:TAX>
          <TAX01>7</TAX01>
          <edi:C241><C24101>VAT</C24101></edi:C241>
          <xsl:for-each select="inv:TaxRate">
            <edi:C243><C24304><xsl:value-of select="."/></C24304></edi:C243>
          </xsl:for-each>
          <TAX06>
            <xsl:choose>
              <xsl:when test="inv:TaxAmount &gt; 0">S</xsl:when>
              <xsl:otherwise>Z</xsl:otherwise>
            </xsl:choose>
          </TAX06>
        </edi:TAX>
        <xsl:call-template name="amount">
          <xsl:with-param name="qualifier">125</xsl:with-param>
          <xsl:with-param name="value" select="inv:TotalAmount - inv:TaxAmount"/>
        </xsl:call-template>
        <xsl:call-template name="amount">
          <xsl:with-param name="qualifier">124</xsl:with-param>
          <xsl:with-param name="value" select="inv:TaxAmount"/>
        </xsl:call-template>
      </edi:TAXLoop1>
    </edi:EFACT_D96A_INVOIC>
  </xsl:template>

  <xsl:template match="inv:Buyer | inv:Seller">
    <edi:NADLoop1>
      <edi:NAD>
        <NAD01>
          <xsl:choose>
            <xsl:when test="self::inv:Buyer">BY</xsl:when>
            <xsl:otherwise>SU</xsl:otherwise>
          </xsl:choose>
        </NAD01>
        <xsl:for-each select="inv:Id">
          <edi:C082>
            <C08201><xsl:value-of select="."/></C08201>
            <C08203>
              <xsl:choose>
                <xsl:when test="@scheme = 'GLN'">9</xsl:when>
                <xsl:when test="@scheme = 'seller'">91</xsl:when>
                <xsl:otherwise>92</xsl:otherwise>
              </xsl:choose>
            </C08203>
          </edi:C082>
        </xsl:for-each>
        <xsl:for-each select="inv:Name">
          <edi:C080><C08001><xsl:value-of select="substring(., 1, 35)"/></C08001></edi:C080>
        </xsl:for-each>
      </edi:NAD>
    </edi:NADLoop1>
  </xsl:template>

  <xsl:template match="inv:Line">
    <edi:LINLoop1>
      <edi:LIN>
        <LIN01><xsl:value-of select="@number"/></LIN01>
        <edi:C212>
          <C21201><xsl:value-of select="inv:BuyerItem"/></C21201>
          <C21202>IN</C21202>
        </edi:C212>
      </edi:LIN>
      <xsl:for-each select="inv:SellerItem">
        <edi:PIA>
          <PIA01>5</PIA01>
          <edi:C212>
            <C21201><xsl:value-of select="."/></C21201>
            <C21202>SA</C21202>
          </edi:C212>
        </edi:PIA>
      </xsl:for-each>
      <xsl:for-each select="inv:Description">
        <edi:IMD>
          <IMD01>F</IMD01>
          <edi:C273><C27304><xsl:value-of select="substring(., 1, 35)"/></C27304></edi:C273>
        </edi:IMD>
      </xsl:for-each>
      <edi:QTY>
        <edi:C186>
          <C18601>47</C18601>
          <C18602><xsl:value-of select="inv:Quantity"/></C18602>
          <C18603>
            <xsl:choose>
              <xsl:when test="inv:Quantity/@unit = 'KG'">KGM</xsl:when>
              <xsl:when test="inv:Quantity/@unit = 'MR'">MTR</xsl:when>
              <xsl:when test="inv:Quantity/@unit = 'SX'">SET</xsl:when>
              <xsl:otherwise>PCE</xsl:otherwise>
            </xsl:choose>
          </C18603>
        </edi:C186>
      </edi:QTY>
      <xsl:call-template name="amount">
        <xsl:with-param name="qualifier">203</xsl:with-param>
        <xsl:with-param name="value" select="inv:LineAmount"/>
      </xsl:call-template>
      <edi:PRILoop1>
        <edi:PRI>
          <edi:C509>
            <C50901>AAA</C50901>
            <C50902><xsl:value-of select="inv:UnitPrice"/></C50902>
          </edi:C509>
        </edi:PRI>
      </edi:PRILoop1>
    </edi:LINLoop1>
  </xsl:template>

  <xsl:template name="amount">
    <xsl:param name="qualifier"/>
    <xsl:param name="value"/>
    <edi:MOA>
      <edi:C516>
        <C51601><xsl:value-of select="$qualifier"/></C51601>
        <C51602><xsl:value-of select="format-number($value, '0.00')"/></C51602>
      </edi:C516>
    </edi:MOA>
  </xsl:template>

  <xsl:template name="date">
    <xsl:param name="qualifier"/>
    <xsl:param name="iso"/>
    <edi:DTM>
      <edi:C507>
        <C50701><xsl:value-of select="$qualifier"/></C50701>
        <C50702><xsl:value-of select="translate($iso, '-', '')"/></C50702>
        <C50703>102</C50703>
      </edi:C507>
    </edi:DTM>
  </xsl:template>
</xsl:stylesheet>

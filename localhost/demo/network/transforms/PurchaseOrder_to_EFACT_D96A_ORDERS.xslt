<?xml version="1.0" encoding="utf-8"?>
<!-- Tarnfell's orders to its EDIFACT suppliers: call-offs (105) where there is a contract. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:edi="http://schemas.microsoft.com/BizTalk/EDI/EDIFACT/2006"
                xmlns:po="http://schemas.tarnfell.example/canonical/1"
                exclude-result-prefixes="po">
  <xsl:output method="xml" encoding="utf-8" indent="yes"/>
  <xsl:strip-space elements="*"/>

  <xsl:template match="/po:PurchaseOrder">
    <edi:EFACT_D96A_ORDERS>
      <edi:BGM>
        <edi:C002>
          <C00201>
            <xsl:choose>
              <xsl:when test="po:Contract">105</xsl:when>
              <xsl:otherwise>220</xsl:otherwise>
            </xsl:choose>
          </C00201>
        </edi:C002>
        <BGM02><xsl:value-of select="po:Number"/></BGM02>
        <BGM03>
          <xsl:choose>
            <xsl:when test="po:Purpose = 'cancellation'">1</xsl:when>
            <xsl:when test="po:Purpose = 'replacement'">5</xsl:when>
            <xsl:otherwise>9</xsl:otherwise>
          </xsl:choose>
        </BGM03>
      </edi:BGM>
      <xsl:apply-templates select="po:OrderDate | po:RequestedDelivery"/>
      <xsl:for-each select="po:Contract">
        <edi:RFFLoop1>
          <edi:RFF>
            <edi:C506>
              <C50601>CT</C50601>
              <C50602><xsl:value-of select="."/></C50602>
            </edi:C506>
          </edi:RFF>
        </edi:RFFLoop1>
      </xsl:for-each>
      <xsl:apply-templates select="po:Buyer | po:Seller | po:ShipTo"/>
      <edi:CUXLoop1>
        <edi:CUX>
          <edi:C504>
            <C50401>2</C50401>
            <C50402><xsl:value-of select="po:Currency"/></C50402>
            <C50403>9</C50403>
          </edi:C504>
        </edi:CUX>
      </edi:CUXLoop1>
      <xsl:apply-templates select="po:Line"/>
      <edi:UNS><UNS01>S</UNS01></edi:UNS>
      <edi:CNT>
        <edi:C270>
          <C27001>2</C27001>
          <C27002><xsl:value-of select="count(po:Line)"/></C27002>
        </edi:C270>
      </edi:CNT>
    </edi:EFACT_D96A_ORDERS>
  </xsl:template>

  <xsl:template match="po:OrderDate | po:RequestedDelivery">
    <edi:DTM>
      <edi:C507>
        <C50701>
          <xsl:choose>
            <xsl:when test="self::po:OrderDate">137</xsl:when>
            <xsl:otherwise>2</xsl:otherwise>
          </xsl:choose>
        </C50701>
        <C50702><xsl:value-of select="translate(., '-', '')"/></C50702>
        <C50703>102</C50703>
      </edi:C507>
    </edi:DTM>
  </xsl:template>

  <xsl:template match="po:Buyer | po:Seller | po:ShipTo">
    <edi:NADLoop1>
      <edi:NAD>
        <NAD01>
          <xsl:choose>
            <xsl:when test="self::po:Buyer">BY</xsl:when>
            <xsl:when test="self::po:Seller">SU</xsl:when>
            <xsl:otherwise>DP</xsl:otherwise>
          </xsl:choose>
        </NAD01>
        <xsl:for-each select="po:Id">
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
        <xsl:for-each select="po:Name">
          <edi:C080><C08001><xsl:value-of select="substring(., 1, 35)"/></C08001></edi:C080>
        </xsl:for-each>
        <xsl:for-each select="po:Street">
          <edi:C059><C05901><xsl:value-of select="substring(., 1, 35)"/></C05901></edi:C059>
        </xsl:for-each>
        <xsl:if test="po:City"><NAD06><xsl:value-of select="po:City"/></NAD06></xsl:if>
        <xsl:if test="po:PostalCode"><NAD08><xsl:value-of select="po:PostalCode"/></NAD08></xsl:if>
        <xsl:if test="po:Country"><NAD09><xsl:value-of select="po:Country"/></NAD09></xsl:if>
      </edi:NAD>
    </edi:NADLoop1>
  </xsl:template>

  <xsl:template match="po:Line">
    <edi:LINLoop1>
      <edi:LIN>
        <LIN01><xsl:value-of select="@number"/></LIN01>
        <edi:C212>
          <C21201><xsl:value-of select="po:BuyerItem"/></C21201>
          <C21202>IN</C21202>
        </edi:C212>
      </edi:LIN>
      <xsl:for-each select="po:SellerItem">
        <edi:PIA>
          <PIA01>5</PIA01>
          <edi:C212>
            <C21201><xsl:value-of select="."/></C21201>
            <C21202>SA</C21202>
          </edi:C212>
        </edi:PIA>
      </xsl:for-each>
      <xsl:for-each select="po:Description">
        <edi:IMD>
          <IMD01>F</IMD01>
          <edi:C273>
            <C27304><xsl:value-of select="substring(., 1, 35)"/></C27304>
            <xsl:if test="string-length(.) &gt; 35">
              <C27305><xsl:value-of select="substring(., 36, 35)"/></C27305>
            </xsl:if>
          </edi:C273>
        </edi:IMD>
      </xsl:for-each>
      <edi:QTY>
        <edi:C186>
          <C18601>21</C18601>
          <C18602><xsl:value-of select="po:Quantity"/></C18602>
          <C18603><xsl:apply-templates select="po:Quantity/@unit"/></C18603>
        </edi:C186>
      </edi:QTY>
      <edi:PRILoop1>
        <edi:PRI>
          <edi:C509>
            <C50901>AAA</C50901>
            <C50902><xsl:value-of select="po:UnitPrice"/></C50902>
          </edi:C509>
        </edi:PRI>
      </edi:PRILoop1>
    </edi:LINLoop1>
  </xsl:template>

  <xsl:template match="@unit">
    <xsl:choose>
      <xsl:when test=". = 'KG'">KGM</xsl:when>
      <xsl:when test=". = 'MR'">MTR</xsl:when>
      <xsl:when test=". = 'SX'">SET</xsl:when>
      <xsl:otherwise>PCE</xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
